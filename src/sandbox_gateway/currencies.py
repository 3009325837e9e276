"""How many decimals an amount has, by ISO 4217 (list one): this is what a minor unit means to whoever sends one."""

from __future__ import annotations

USUAL = 2
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_OTHERS = dict.fromkeys(_NONE.split(), 0) | dict.fromkeys(_THREE.split(), 3)


def decimals(currency: str) -> int:
    """Give the number of decimals: 2 for USD, 0 for JPY, 3 for KWD; an unknown one has two."""
    return _OTHERS.get(currency, USUAL)
