"""The small page that a browser shows when Xero has sent it back."""

from collections.abc import Sequence
from html import escape

from aiohttp import web

from bot.xero.tokens import Organisation

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; form-action 'none'"
_STYLE = "body{font:1.05rem/1.6 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem}"
_BEGIN = '<!doctype html><html lang="en"><head><meta charset="utf-8">'
_SIZE = '<meta name="viewport" content="width=device-width,initial-scale=1">'


def page(title: str, text: str, items: Sequence[str] = (), status: int = 200) -> web.Response:
    """A title, a paragraph and perhaps a list, all of them plain text."""
    listed = f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>" if items else ""
    head = f"{_BEGIN}{_SIZE}<title>{escape(title)}</title><style>{_STYLE}</style></head>"
    body = f"<body><h1>{escape(title)}</h1><p>{escape(text)}</p>{listed}</body></html>\n"
    headers = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    return web.Response(text=head + body, content_type="text/html", charset="utf-8", status=status, headers=headers)


def sentence(error: Exception) -> str:
    """An error's message as a sentence."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


def listed(organisations: Sequence[Organisation]) -> list[str]:
    """Organisations to choose from, with the id that chooses them."""
    return [f"{each.name}: {each.tenant_id}" for each in organisations]
