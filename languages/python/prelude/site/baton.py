"""What an action of Baton has beside Python itself: `hand_off_conversation`, which is a builtin as well, and the placeholders of its secrets.

A placeholder is text: put into a header of a request it becomes the secret's value on the host, and nowhere else.
"""
from _baton import http as _http
from _baton.hand_off import hand_off_conversation


class _Secrets:
    """`secrets["NAME"]` and `secrets.NAME` are the placeholder of a secret; `secrets.basic(user, "NAME")` an Authorization header with it."""

    def __getitem__(self, name):
        try:
            return _http.state.secrets[name]
        except KeyError:
            raise KeyError(f"there is no secret {name}: the host names the secrets of an action") from None

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(error.args[0]) from None

    def __iter__(self):
        return iter(_http.state.secrets)

    def __len__(self):
        return len(_http.state.secrets)

    def __contains__(self, name):
        return name in _http.state.secrets

    def get(self, name, default=None):
        return _http.state.secrets.get(name, default)

    def basic(self, user, name):
        return _http.basic(user, self[name])


secrets = _Secrets()
__all__ = ["hand_off_conversation", "secrets"]
