"""What can go wrong with the catalogue; each says in one line what it is and what to do."""


class CatalogueError(Exception):
    """The catalogue cannot be used. Nothing in it was changed by what raised this."""


class NoCatalogueError(CatalogueError):
    """There is none yet; raised by `crawler.catalogue.store.open_catalogue` where it was not to make one."""


class PortalBusyError(CatalogueError):
    """Another run of the same portal is under way, or its archives are being read anew; raised by
    `crawler.catalogue.run.begin_run` and `crawler.catalogue.reread.hold_portal`."""
