"""The one place that wires settings to clients to services; `bootstrap` keeps what it makes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from storage.activity.service import Activity
from storage.activity.verifying import Verifying
from storage.audio.analyse import ANALYSIS
from storage.changes.service import Changes
from storage.changes.works import IDLE
from storage.changes.works import works as change_works
from storage.configuration import Configuration
from storage.console.service import Console
from storage.console.setup import Setup
from storage.costs.opening import open_money
from storage.db.live_requests import LiveRequests
from storage.db.manifests import ManifestRows
from storage.db.measurements import MeasurementRows
from storage.ground import Ground, now
from storage.hearsay import Hearsay
from storage.inventory.service import Inventories
from storage.inventory.service import works as inventory_works
from storage.jobs.service import Jobs
from storage.layout.profile import Layout
from storage.manifests.service import Manifests
from storage.manifests.shelf import Shelf
from storage.measurements.service import Measurements
from storage.measurements.task import MODULES
from storage.measurements.work import MeasureWork
from storage.objects.service import Objects
from storage.objects.tickets import Tickets
from storage.office import open_footing
from storage.promotion.doors import Doors
from storage.promotion.looking import Lookback
from storage.promotion.service import Promotions
from storage.promotion.shelf import ReleaseShelf
from storage.promotion.works import works as release_works
from storage.review.service import open_review
from storage.services import Services
from storage.settings import Settings, said
from storage.welcomes.encouragements import Encouragements
from storage.welcomes.publishing import PublishWork
from storage.welcomes.service import Welcomes
from storage.workers.interface import Limits, Workers
from storage.workers.local import LocalWorkers


def build(environ: Mapping[str, str], config_path: Path | None = None) -> Services:
    """Services from an environment and a config file; starts the embedded store when it is used.

    Raises ConfigError as `configure` does and for a database that cannot be used, Unavailable when
    the database is not there or the embedded store does not start.
    """
    with ExitStack() as opened:  # what was opened is closed again when the rest fails
        footing = open_footing(opened, environ, config_path)
        configured, ground, store = footing.configured, footing.ground, footing.embedded
        settings, layouts = configured.settings, configured.layouts
        gate, get = ground.gate, ground.stores.get
        manifests = _manifests(ground, settings, layouts)
        measured = MeasurementRows(ground.database, ANALYSIS)
        shelf = ReleaseShelf.of(ground.database)
        works = (
            Verifying(Activity(gate, ground.audit)),
            *change_works(gate, layouts, get, ground.audit, now),
            PublishWork(gate, layouts),
            *inventory_works(gate, ground.database, settings.data_path, now),
            MeasureWork(gate, measured, partial(_workers, settings), manifests.clips, now),
            *release_works(gate, shelf, now),
        )
        jobs = Jobs(ground.database, works, gate, now, workers=int(settings.job_workers), idle=IDLE)
        opened.callback(jobs.close)  # first of all, while what they work with is still there
        measurements = Measurements(gate, jobs, measured, manifests.clips)
        listings = settings.data_path / "listings"
        review = open_review(
            gate, ground.database, manifests, measurements, folder=listings, clock=now
        )
        opened.callback(review.close)
        inventories = Inventories(gate, jobs, ground.database, settings.data_path, now)
        money = open_money(
            gate,
            layouts,
            inventories,
            audit=ground.audit,
            database=ground.database,
            settings=settings,
            clock=now,
            courses=manifests,
        )
        opened.callback(money.budgets.close)
        told = Hearsay(gate, layouts, manifests, measurements, review)
        outside = replace(told.outside(), kept=inventories.kept)
        return Services(
            **vars(footing.office),
            config=configured.config,
            layouts=layouts,
            objects=Objects(ground.gate, now),
            tickets=Tickets(),
            audit=ground.audit,
            sessions=ground.sessions,
            switches=ground.switches,
            jobs=jobs,
            changes=Changes(gate, jobs, now),
            welcomes=Welcomes(gate, jobs, layouts, LiveRequests(ground.database), now),
            inventories=inventories,
            costs=money.costs,
            ledger=money.ledger,
            budgets=money.budgets,
            encouragements=Encouragements(gate, layouts),
            promotions=Promotions(gate, jobs, layouts, shelf, clock=now, outside=outside),
            lookback=Lookback(Doors(gate, layouts, shelf, now, outside), shelf),
            console=Console(ground.gate, ground.switches, _setup(configured, environ, ground)),
            manifests=manifests,
            measurements=measurements,
            review=review,
            mode=store.kind if store else "own",
            store_for=ground.stores.get,
            close=opened.pop_all().close,
            embedded=store,
        )


def _manifests(ground: Ground, settings: Settings, layouts: Mapping[str, Layout]) -> Manifests:
    rows = ManifestRows(ground.database)
    shelf = Shelf(rows, settings.data_path / "manifests")
    return Manifests(ground.gate, layouts, rows, shelf, now)


def _workers(settings: Settings) -> Workers:
    count = int(settings.measure_workers or os.cpu_count() or 1)
    return LocalWorkers(count, Limits(), MODULES)


def _setup(configured: Configuration, environ: Mapping[str, str], ground: Ground) -> Setup:
    return Setup(
        said=said(environ),
        config_file=configured.path,
        config=configured.config,
        database=ground.database.kind,
        layouts=configured.layouts,
        store_for=ground.stores.get,
    )
