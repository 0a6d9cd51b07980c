"""Cases that trip the checks of settlement: rule, keys, place, words."""

from tests.cosim.scenario.tripping.parts import BANK, BILLED, FORMS, RETAIL, SPOT, TWO_POINTS

CASES = {
    "bill of no boundary": (
        "metering point of a settlement",
        BILLED | {"settlement": {"site": {"boundary": "pc"}}},
        "settlement.site.boundary",
        "there is no boundary",
    ),
    "bill of a bank": (
        "metering point of a settlement",
        BILLED | BANK | {"settlement": {"site": {"boundary": "bank"}}},
        "settlement.site.boundary",
        "must be a boundary of kind pcc",
    ),
    "bill of one of two metering points": (
        "metering point of a settlement",
        BILLED | {"boundaries": {"second": {"into": "school", "at": ["switch:breaker@from"], "kind": "pcc"}}},
        "settlement.site",
        "needs boundary",
    ),
    "bill behind two metering points": (
        "own generation behind two metering points",
        TWO_POINTS,
        "settlement.site.boundary",
        "roof give behind pcc and second: what is used at each cannot be told",
    ),
    "bill that does not charge all of its tariff": (
        "tariff of a settlement",
        BILLED
        | {"market": {"currency": "USD", "tariff": {**BILLED["market"]["tariff"], "demand_charge_per_kw_month": 15}}},
        "settlement.site",
        "has demand_charge_per_kw_month, which a net-metering bill does not charge",
    ),
    "bill beyond the prices of its tariff": (
        "tariff of a settlement",
        BILLED | {"time": {"start": "2027-04-30T12:00"}, "settlement": {"site": {"tariff": "jp-hv-business"}}},
        "settlement.site.tariff",
        "tariff jp-hv-business: no value for 2027-05-01; the last day known is 2027-04-30",
    ),
    "term of a bill that changes nothing": (
        "tariff of a settlement",
        BILLED | {"settlement": {"site": {"power_factor_percent": 90}}},
        "settlement.site.power_factor_percent",
        "has no power-factor clause",
    ),
    "bill without a tariff": (
        "tariff of a settlement",
        {"settlement": {"site": {}}},
        "settlement.site",
        "there is no tariff to bill by",
    ),
    "bill by an unknown tariff": (
        "tariff of a settlement",
        BILLED | {"settlement": {"site": {"tariff": "jp-hv"}}},
        "settlement.site.tariff",
        "there is no tariff jp-hv",
    ),
    "bill in two currencies": (
        "tariff of a settlement",
        BILLED | {"settlement": {"site": {"tariff": "kr-2004-residential"}}},
        "settlement.site.tariff",
        "two currencies: tariff kr-2004-residential is in KRW, the market in JPY",
    ),
    "bill in another zone": (
        "tariff of a settlement",
        BILLED | {"time": {"timezone": "Asia/Seoul"}, "settlement": {"site": {"tariff": "jp-hv-business"}}},
        "settlement.site.tariff",
        "is meant in Asia/Tokyo, the study runs in Asia/Seoul",
    ),
    "bill of a month without rates": (
        "tariff of a settlement",
        BILLED | {"time": {"start": "2019-09-30T12:00"}, "settlement": {"site": {"tariff": "jp-hv-business"}}},
        "settlement.site.tariff",
        "tariff jp-hv-business has no rates for 2019-09-01",
    ),
    "Japanese bill by net metering": (
        "tariff of a settlement",
        BILLED | {"settlement": {"site": {"surplus": "roll"}}},
        "settlement.site.surplus",
        "makes a Japanese bill, which has no surplus",
    ),
    "net metering with a contract power": (
        "tariff of a settlement",
        {
            "time": {"timezone": "Asia/Seoul"},
            "settlement": {"site": {"tariff": "kr-2004-residential", "contract_kw": 50}},
        },
        "settlement.site.contract_kw",
        "makes a net-metering bill, which has no contract_kw",
    ),
    "Japanese bill of whole hours": (
        "tariff of a settlement",
        BILLED | {"time": {"step": "PT1H"}},
        "settlement.site",
        "needs steps of 30 min or less",
    ),
    "Japanese bill of a quarter hour": (
        "tariff of a settlement",
        BILLED | {"time": {"start": "2020-04-20T00:15"}},
        "settlement.site",
        "needs a run that begins and ends at :00 or :30",
    ),
    "forms without a market": (
        "supply forms of a settlement",
        BILLED | {"settlement": {"site": {"forms": FORMS}}},
        "settlement.site.forms",
        "needs market.spot",
    ),
    "forms with a tariff of nobody": (
        "supply forms of a settlement",
        SPOT | {"settlement": {"site": {"forms": FORMS | {"retail": RETAIL | {"shop": "jp-lv-lighting"}}}}},
        "settlement.site.forms.retail.shop",
        "there is no customer of that name",
    ),
    "forms without a customer's tariff": (
        "supply forms of a settlement",
        SPOT | {"settlement": {"site": {"forms": FORMS | {"wheeling": {}}}}},
        "settlement.site.forms.wheeling",
        "no tariff for school",
    ),
    "forms with contracts of nobody": (
        "supply forms of a settlement",
        SPOT | {"settlement": {"site": {"forms": FORMS | {"contracts": {"shop": 3}}}}},
        "settlement.site.forms.contracts.shop",
        "there is no customer of that name",
    ),
    "forms with a tariff by kVA and no contract": (
        "supply forms of a settlement",
        SPOT | {"settlement": {"site": {"forms": FORMS | {"retail": "jp-lv-lighting"}}}},
        "settlement.site.forms.retail",
        "the tariff of school charges the kVA of a contract",
    ),
    "bill by kVA without a contract": (
        "tariff of a settlement",
        BILLED | {"settlement": {"site": {"tariff": "jp-lv-lighting"}}},
        "settlement.site",
        "charges the kVA of a contract, which no meter shows",
    ),
    "forms in two currencies": (
        "supply forms of a settlement",
        SPOT | {"settlement": {"site": {"forms": FORMS | {"upstream": "kr-2004-residential"}}}},
        "settlement.site.forms.upstream",
        "two currencies",
    ),
}
