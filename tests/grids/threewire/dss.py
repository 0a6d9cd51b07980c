"""Three-wire low voltage and unearthed 6.6 kV in OpenDSS: the independent unbalanced solver."""

import opendssdirect as dss

TINY = 1e-9


def clear(frequency_hz=50):
    dss.Basic.AllowForms(False)
    command("clear", f"set defaultbasefrequency={frequency_hz}")


def command(*lines):
    for line in lines:
        dss.Text.Command(line)


def source(bus, kv, phases, frequency_hz=50):
    """An ideal source; its impedance is 1e-9 ohm."""
    name = f"new circuit.c bus1={bus} basekv={kv} phases={phases} pu=1.0 frequency={frequency_hz}"
    command(f"{name} r1={TINY} x1={TINY} r0={TINY} x0={TINY}")


def pole(name, primary, secondary, kva, r, x, tap_kv=6.6):
    """A pole transformer: interlaced halves of R + j0.4 X, primary 0.5 R + j0.8 X percent; neutral earthed."""
    command(
        f"new transformer.{name} phases=1 windings=3 xhl={1.2 * x} xht={1.2 * x} xlt={0.8 * x} ppm_antifloat=0 "
        "%imag=0 %noloadloss=0",
        f"~ wdg=1 bus={primary} kv={tap_kv} kva={kva} %r={0.5 * r} conn=wye",
        f"~ wdg=2 bus={secondary}.1.0 kv=0.105 kva={kva} %r={r} conn=wye",
        f"~ wdg=3 bus={secondary}.0.2 kv=0.105 kva={kva} %r={r} conn=wye",
    )


def line(name, start, end, impedance):
    """A stretch without capacitance; `impedance` (3, 3) ohm in the order of the nodes of `start` and `end`."""
    r, x = (" | ".join(" ".join(map(str, row)) for row in part) for part in (impedance.real, impedance.imag))
    command(
        f"new line.{name} phases=3 bus1={start} bus2={end} rmatrix=({r}) xmatrix=({x}) "
        "cmatrix=(0 | 0 0 | 0 0 0) length=1 units=none"
    )


def load(name, bus, kv, va, phases=1, conn="wye"):
    command(
        f"new load.{name} phases={phases} bus1={bus} kv={kv} kw={va.real / 1e3} kvar={va.imag / 1e3} model=1 "
        f"conn={conn} vminpu=0.05 vmaxpu=5"
    )


def solve():
    command("set tolerance=1e-11", "set maxiterations=200", "set controlmode=off", "solve")
    assert dss.Solution.Converged()


def phasors(bus):
    """Node number -> voltage to earth, V."""
    dss.Circuit.SetActiveBus(bus)
    parts = dss.Bus.Voltages()
    return {node: complex(re, im) for node, re, im in zip(dss.Bus.Nodes(), parts[::2], parts[1::2], strict=True)}


def legs(bus):
    """(a to neutral, neutral to b); a neutral earthed in place is no node of its own."""
    volts = phasors(bus)
    neutral = volts.get(3, 0.0)
    return volts[1] - neutral, neutral - volts[2]
