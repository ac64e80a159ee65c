"""What is kept of Xero's secrets."""

import subprocess

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from bot.xero.vault import Unreadable, Vault, key_problem

OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))
SECRETS = {"access": "the-access-token", "refresh": "the-refresh-token"}


def vault(*keys: str) -> Vault:
    return Vault(SecretStr(",".join(keys)))


def test_what_is_sealed_comes_back_and_cannot_be_read_without_the_key() -> None:
    sealed = vault(OLD).seal(SECRETS)
    assert vault(OLD).open(sealed) == SECRETS
    assert "token" not in sealed
    with pytest.raises(Unreadable, match="RESUPPLY_SECRET_KEY") as refused:
        vault(OTHER).open(sealed)
    assert OTHER not in str(refused.value)


def test_keys_are_rotated_by_a_list_whose_first_one_encrypts() -> None:
    old = vault(OLD).seal(SECRETS)
    both = vault(NEW, f" {OLD} ")
    assert both.open(old) == SECRETS
    assert vault(NEW).open(both.seal(SECRETS)) == SECRETS


def test_what_is_no_key_is_said_and_not_repeated() -> None:
    for keys in ("s3cret", f"{OLD},s3cret", ",", " "):
        problem = key_problem(SecretStr(keys))
        assert problem is not None, keys
        assert "RESUPPLY_SECRET_KEY" in problem
        assert "s3cret" not in problem


def test_a_key_is_made_with_what_the_advice_says() -> None:
    advice = key_problem(SecretStr("none"))
    assert advice is not None
    made = subprocess.run(
        advice.partition("make one with: ")[2], shell=True, capture_output=True, text=True, check=True
    )
    assert key_problem(SecretStr(made.stdout.strip())) is None
