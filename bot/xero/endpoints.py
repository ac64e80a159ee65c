"""Where Xero is: its public addresses, unless the settings name others.

Sources: `components.securitySchemes` and `servers` of Xero's own xero_identity.yaml
(https://github.com/XeroAPI/Xero-OpenAPI), and https://developer.xero.com/documentation/guides/oauth2/auth-flow.
"""

from dataclasses import dataclass

from bot.settings import Settings

AUTHORIZE_URL = "https://login.xero.com/identity/connect/authorize"
TOKEN_URL = "https://identity.xero.com/connect/token"
API_URL = "https://api.xero.com"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """`api` is what stands before `/connections` and `/api.xro/2.0`."""

    authorize: str
    token: str
    api: str

    @property
    def connections(self) -> str:
        """The organisations that the app may reach."""
        return f"{self.api}/connections"


def endpoints_of(settings: Settings) -> Endpoints:
    """The addresses that the settings name, or Xero's own."""
    return Endpoints(
        authorize=settings.xero_authorize_url or AUTHORIZE_URL,
        token=settings.xero_token_url or TOKEN_URL,
        api=(settings.xero_api_url or API_URL).rstrip("/"),
    )
