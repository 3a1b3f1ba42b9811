"""References that are a function of a library, not an estimator: torch's own solvers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Linear:
    """A fitted linear map: coefficients (d,) and an intercept."""

    coefficients: Any
    intercept: Any

    def predict(self, X: Any) -> Any:
        """Return the prediction for every row of X, shape (n,)."""
        return X @ self.coefficients + self.intercept


def torch_least_squares(data: Any) -> Linear:
    """Fit least squares with an intercept by torch.linalg.lstsq, on the device of the data."""
    import torch

    means, mean = data.X.mean(dim=0), data.y.mean()
    solution = torch.linalg.lstsq(data.X - means, (data.y - mean)[:, None]).solution[:, 0]
    return Linear(solution, mean - means @ solution)
