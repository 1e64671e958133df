"""The papers as the form, the tool tips and the details cite them: authors, year, arXiv number."""

from __future__ import annotations

from typing import Final

HE_2015: Final = "He et al. 2015, arXiv:1512.03385"
HE_2016: Final = "He et al. 2016, arXiv:1603.05027"
HE_INIT: Final = "He et al. 2015, arXiv:1502.01852"
HIGHWAY: Final = "Srivastava et al. 2015, arXiv:1505.00387"
WIDE: Final = "Zagoruyko and Komodakis 2016, arXiv:1605.07146"
RESNEXT: Final = "Xie et al. 2016, arXiv:1611.05431"
TRICKS: Final = "He et al. 2018, arXiv:1812.01187"
EXCITATION: Final = "Hu et al. 2017, arXiv:1709.01507"
STOCHASTIC: Final = "Huang et al. 2016, arXiv:1603.09382"
GOYAL: Final = "Goyal et al. 2017, arXiv:1706.02677"
