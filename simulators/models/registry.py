"""The device kinds of a scenario. A new device is a new file beside this one and a row here."""

from __future__ import annotations

from simulators.models.battery import Battery
from simulators.models.contract import DeviceSpec
from simulators.models.generation import Generation
from simulators.models.heat_plant import HeatPlant
from simulators.models.pv import Pv
from simulators.models.svc import Svc

KINDS: dict[str, DeviceSpec] = {model.spec.kind: model.spec for model in (Pv, Battery, HeatPlant, Generation, Svc)}
