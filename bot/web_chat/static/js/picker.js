import { $, h } from "./dom.js";

export const UNKNOWN = { id: "", outlets: [], name: "Unknown sender", detail: "A number that no outlet knows" };

/** The demo's choice of who is writing. */
export class Picker {
  #dialog = $("contacts");
  #contacts;
  #chosen;

  constructor(contacts, chosen) {
    this.#contacts = [...contacts.map(named), UNKNOWN];
    this.#chosen = chosen;
    $("pick").hidden = false;
    $("pick").addEventListener("click", () => this.open());
    $("contacts-close").addEventListener("click", () => this.#dialog.close());
    $("contacts-find").addEventListener("input", () => this.#list());
    this.#dialog.addEventListener("click", (event) => event.target === this.#dialog && this.#dialog.close());
  }

  get first() {
    return this.#contacts[0];
  }

  find(id) {
    return this.#contacts.find((contact) => contact.id === id);
  }

  show(id) {
    $("pick-name").textContent = this.find(id).name;
    $("pick").setAttribute("aria-label", `Writing as ${this.find(id).name}. Change`);
  }

  open() {
    $("contacts-find").value = "";
    this.#list();
    this.#dialog.showModal();
  }

  #list() {
    const wanted = $("contacts-find").value.trim().toLowerCase();
    const shown = this.#contacts.filter(({ name, detail }) => `${name} ${detail}`.toLowerCase().includes(wanted));
    const pick = (contact) => {
      this.#dialog.close();
      this.#chosen(contact.id);
    };
    const item = (contact) =>
      h(
        "li",
        {},
        h(
          "button",
          { type: "button", onclick: () => pick(contact) },
          h("span.avatar", { "aria-hidden": "true" }, initials(contact.name)),
          h("span", {}, h("b", {}, contact.name), h("small", {}, contact.detail)),
        ),
      );
    $("contacts-list").replaceChildren(...shown.map(item));
  }
}

function named(contact) {
  const [first, ...more] = contact.outlets;
  const also = more.length ? ` · also ${more.join(", ")}` : "";
  return { ...contact, name: first, detail: `${phone(contact.id)}${also}` };
}

const phone = (id) => id.replace(/^\+65(\d{4})(\d{4})$/, "+65 $1 $2");
const initials = (name) => (name === UNKNOWN.name ? "?" : name.split(/\s+/).slice(0, 2).map((word) => word[0]).join(""));
