"""What code that mounts adapters imports. The host carries every request; retries of a connection are its own affair."""
DEFAULT_RETRIES = 0


class BaseAdapter:
    def close(self):
        pass


class HTTPAdapter(BaseAdapter):
    def __init__(self, pool_connections=10, pool_maxsize=10, max_retries=DEFAULT_RETRIES, pool_block=False):
        self.max_retries = max_retries
