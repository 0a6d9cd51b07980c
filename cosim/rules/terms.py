"""The words of the law as types: wires regimes, island arrangements, supply relations, parties and their duties."""

from __future__ import annotations

from enum import StrEnum


class Wires(StrEnum):
    """Under which regime the wires of a section run (design.md 8)."""

    PREMISES = "premises"
    PRIVATE_LINE = "private_line"
    SPECIFIED_TRANSMISSION = "specified_transmission"
    GENERAL_UTILITY = "general_utility"
    DISTRIBUTION_LICENCE = "distribution_licence"


class IslandArrangement(StrEnum):
    """Whether and how a section may run alone."""

    NONE = "none"
    OWN = "own"
    EXISTING_LINE = "existing_line"


class Supply(StrEnum):
    """Who supplies a customer, and how (design.md 8)."""

    OWN = "own"
    SPECIFIED_SUPPLY = "specified_supply"
    SPECIFIED_TRANSMISSION_RETAIL = "specified_transmission_retail"
    RETAIL = "retail"
    SELF_WHEELING = "self_wheeling"


class Mode(StrEnum):
    """How a section runs."""

    NORMAL = "normal"
    ISLAND = "island"


class Party(StrEnum):
    """Who can answer for something."""

    UTILITY = "utility"
    LICENSEE = "licensee"
    SPECIFIED_OPERATOR = "specified_operator"
    SUPPLIER = "supplier"
    OWNER = "owner"
    RETAILER = "retailer"
    USER = "user"
    MICROGRID_OPERATOR = "microgrid_operator"
    MUNICIPALITY = "municipality"

    @property
    def words(self) -> str:
        """What the law calls it."""
        return _PARTIES[self]


_PARTIES = {
    Party.UTILITY: "general transmission and distribution utility (一般送配電事業者)",
    Party.LICENSEE: "distribution licensee (配電事業者)",
    Party.SPECIFIED_OPERATOR: "specified transmission and distribution operator (特定送配電事業者)",
    Party.SUPPLIER: "supplier of the specified supply (特定供給の供給者)",
    Party.OWNER: "owner of the premises (自家用電気工作物の設置者)",
    Party.RETAILER: "electricity retailer (小売電気事業者)",
    Party.USER: "user of the self-wheeling (自己託送利用者)",
    Party.MICROGRID_OPERATOR: "microgrid operator (マイクログリッド事業者)",
    Party.MUNICIPALITY: "municipality (地方公共団体)",
}


class Duty(StrEnum):
    """What somebody answers for."""

    VOLTAGE = "voltage"  # 101 +- 6 V and 202 +- 20 V at the supply points
    WIRES = "wires"  # loading of lines and transformers, reverse flow in the network
    CONNECTION = "connection"  # what was agreed at a metering point: contract, export, relays, power factor
    BALANCE = "balance"  # supply and demand of each half hour
    ELIGIBILITY = "eligibility"  # relations, permits, plants: whether the form may be used at all
    RESTORATION = "restoration"  # bringing supply back
    METERING = "metering"


class Relation(StrEnum):
    """How close customer and supplier are (密接な関連性)."""

    SAME_OWNER = "same_owner"
    ADJACENT_RELATED = "adjacent_related"
    PRODUCTION_PROCESS = "production_process"
    CAPITAL = "capital"
    PERSONNEL = "personnel"
    UNION = "union"
    NONE = "none"


class Permit(StrEnum):
    """What has to be granted, notified or agreed before a form may be used."""

    PERMISSION = "permission"  # 許可
    NOTIFICATION = "notification"  # 届出
    RETAIL_REGISTRATION = "retail_registration"  # 登録
    TAKEOVER_PLAN = "takeover_plan"  # 引継計画の承認
    WHEELING_CONTRACT = "wheeling_contract"  # 託送供給契約 (自己託送)
    ACTIVATION_AGREEMENT = "activation_agreement"  # 発動の取り決め


class Scheme(StrEnum):
    """Support scheme a plant sells under."""

    NONE = "none"
    FIT = "fit"
    FIP = "fip"
