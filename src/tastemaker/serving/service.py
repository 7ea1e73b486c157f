"""A store, a folder, and an engine for each tenant that is asked for."""

from __future__ import annotations

import threading
from pathlib import Path

from tastemaker.serving.home import Home, erased_now
from tastemaker.serving.keeper import Keeper
from tastemaker.serving.settings import ServeSettings
from tastemaker.storage.base import Shop, Store
from tastemaker.storage.intake import Intake

TENANT = "default"


class Service:
    """Everything behind the surface of a service.

    Args:
        store: The data base.
        home: The folder.
        settings: Of the service.

    Attributes:
        intake: Where events go in.
    """

    def __init__(self, store: Store, home: Home, settings: ServeSettings) -> None:
        self.store, self.home, self.settings = store, home, settings
        self.intake = Intake(store)
        self._keepers: dict[str, Keeper] = {}
        self._lock = threading.Lock()

    def shop(self, tenant: str = TENANT) -> Shop:
        """One tenant's part of the store."""
        return self.store.shop(tenant)

    def keeper(self, tenant: str = TENANT) -> Keeper:
        """A tenant's engine and what keeps it, opened when it is first asked for.

        Raises:
            ServiceError: the tenant has no model.
            SavedError: its model cannot be read.
        """
        found = self._keepers.get(tenant)
        if found is None:
            with self._lock:
                found = self._keepers.get(tenant)
                if found is None:
                    found = Keeper(self.shop(tenant), self.home, self.settings).start()
                    self._keepers[tenant] = found
        return found

    def opened(self, tenant: str) -> bool:
        """Whether a tenant's engine is there already."""
        return tenant in self._keepers

    @property
    def lost(self) -> int:
        """Lists that could not be kept, of all tenants."""
        return sum(keeper.lost for keeper in self._keepers.values())

    def written(self, tenant: str) -> None:
        """Let a tenant's engine know at once what this process wrote."""
        keeper = self._keepers.get(tenant)
        if keeper is not None:
            keeper.catch_up()

    def forget(self, tenant: str, user: str) -> int:
        """Erase a user: what waits to be kept, the store, and what was answered meanwhile; how many rows went."""
        keeper = self._keepers.get(tenant)
        if keeper is not None:
            keeper.forget(user)
        rows = self.shop(tenant).forget(user)
        if keeper is not None:
            keeper.forget(user)
        erased_now(self.shop(tenant))
        return rows

    def close(self) -> None:
        """Store what waits, and let go of everything."""
        self.intake.close()
        for keeper in self._keepers.values():
            keeper.close()
        self.store.close()


def open_service(model: Path | None, store: str | None, home: Path | None, settings: ServeSettings) -> Service:
    """A service over a saved pipeline; what it learned from is put into a store that does not have it yet.

    Args:
        model: The default tenant's saved pipeline; None where the store names its models already.
        store: URL of a data base; None takes SQLite in `home`.
        home: The service's folder; None is ``shop.service`` beside ``shop.tm``.
        settings: Of the service.
    """
    from tastemaker.core import BadSetting, Run
    from tastemaker.pipeline import load
    from tastemaker.storage.open import open_store
    from tastemaker.storage.seed import seed

    if home is None and model is None:
        raise BadSetting("Name a saved pipeline or the folder of a service.")
    place = (Home(home.absolute()) if home is not None else Home.beside(Path(str(model)))).make()
    opened = open_store(store or place.store_url)
    shop = opened.shop(TENANT)
    if model is not None:
        version = place.adopt(shop, model)
        if shop.note("seeded") is None:
            seed(shop, load(version.folder).data, Run())
            shop.note("seeded", version.name)
    return Service(opened, place, settings)
