"""Time zones: every one of the database is there, and is a file of the image's when it is opened, so no package has to bring them."""
import zoneinfo
import zoneinfo._common

from .zone_names import NAMES


def _missing(key):
    raise zoneinfo.ZoneInfoNotFoundError(f"No time zone found with key {key}")


def install():
    zoneinfo.available_timezones = lambda: set(NAMES)
    zoneinfo._common.load_tzdata = _missing
