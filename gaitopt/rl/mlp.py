"""A multilayer perceptron with tanh layers in plain numpy: forward, backward, and per-sample Jacobian.

    h_0 = x,   h_l = tanh(h_(l-1) W_l + b_l),   y = h_(L-1) W_L + b_L

All weights are in one flat vector, of which W_l and b_l are views, so that an optimizer sees one array.
Without hidden layers it is a linear map.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import DTypeLike

from gaitopt.arrays import Array


class Perceptron:
    """A perceptron of given layer sizes."""

    def __init__(
        self, sizes: Sequence[int], rng: np.random.Generator, last_gain: float = 1.0, dtype: DTypeLike = np.float32
    ) -> None:
        """Initialize with orthogonal weights and zero biases.

        Args:
            sizes: sizes of the input, the hidden layers and the output.
            rng: the only source of randomness.
            last_gain: scale of the output layer's weights; the hidden ones have sqrt(2).
            dtype: float32 (fast) or float64.
        """
        self.sizes = tuple(sizes)
        shapes = list(pairwise(self.sizes))
        self.parameters: Array = np.zeros(sum(i * o + o for i, o in shapes), dtype)
        """All weights and biases, shape (p,); written in place."""
        self.layers = self._views(self.parameters)
        """W_l (in, out) and b_l (out,) of each layer."""
        for layer, (weights, _) in enumerate(self.layers):
            weights[:] = orthogonal(weights.shape, rng) * (last_gain if layer == len(shapes) - 1 else 2**0.5)

    def move_into(self, buffer: Array) -> None:
        """Store the parameters in this vector (p,), such as a slice of a longer one."""
        buffer[:] = self.parameters
        self.parameters = buffer
        self.layers = self._views(buffer)

    def __call__(self, x: Array) -> Array:
        """Return y (n, out) of x (n, in)."""
        return self.forward(x)[-1]

    def forward(self, x: Array) -> list[Array]:
        """Return h_0 = x, the hidden layers and last y, each (n, size), for `backward`."""
        layers = [x]
        for weights, bias in self.layers[:-1]:
            x = x @ weights
            x += bias
            tanh_in_place(x)
            layers.append(x)
        weights, bias = self.layers[-1]
        y = x @ weights
        y += bias
        return [*layers, y]

    def backward(self, layers: list[Array], output_gradient: Array, out: Array | None = None) -> Array:
        """Return sum_i sum_k g_ik dy_ik/dparameters, shape (p,), for g = output_gradient (n, out)."""
        gradient = np.empty_like(self.parameters) if out is None else out
        pushed = output_gradient
        ones = np.ones(len(pushed), pushed.dtype)
        for layer, (weights_gradient, bias_gradient) in reversed(list(enumerate(self._views(gradient)))):
            inputs = layers[layer]
            np.matmul(inputs.T, pushed, out=weights_gradient)
            np.matmul(ones, pushed, out=bias_gradient)  # the sum over samples; faster than add.reduce
            if layer:
                pushed = pushed @ self.layers[layer][0].T
                slope = inputs * inputs
                np.subtract(1.0, slope, out=slope)  # tanh' = 1 - tanh^2
                pushed *= slope
        return gradient

    def jacobian(self, layers: list[Array], output_gradient: Array) -> Array:
        """Return sum_k g_ik dy_ik/dparameters for each sample i, shape (n, p)."""
        pieces: list[Array] = []
        pushed = output_gradient
        for layer in range(len(self.layers) - 1, -1, -1):
            inputs = layers[layer]
            outer = inputs[:, :, None] * pushed[:, None, :]  # (n, in, out)
            pieces = [outer.reshape(len(inputs), -1), pushed, *pieces]
            pushed = (pushed @ self.layers[layer][0].T) * (1.0 - inputs**2)
        return np.concatenate(pieces, axis=1)

    def _views(self, flat: Array) -> list[tuple[Array, Array]]:
        """Return W_l (in, out) and b_l (out,) of each layer as views of a flat vector."""
        views: list[tuple[Array, Array]] = []
        at = 0
        for i, o in pairwise(self.sizes):
            views.append((flat[at : at + i * o].reshape(i, o), flat[at + i * o : at + i * o + o]))
            at += i * o + o
        return views


def tanh_in_place(x: Array) -> None:
    """Write tanh x over x, shape (n, size).

    tanh x = 2 / (1 + exp(-2 x)) - 1 has an error of at most 2e-7, and is twice as fast as np.tanh for
    large float32 arrays.
    """
    if x.dtype != np.float32 or x.size < 512:
        np.tanh(x, out=x)
        return
    with np.errstate(over="ignore"):  # exp = inf gives -1, as it should
        x *= -2.0
        np.exp(x, out=x)
    x += 1.0
    np.reciprocal(x, out=x)
    x += x
    x -= 1.0


def orthogonal(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Return a random matrix with orthonormal rows or columns, whichever are fewer.

    A. Saxe, J. McClelland and S. Ganguli, Exact Solutions to the Nonlinear Dynamics of Learning (2014).
    """
    tall = (max(shape), min(shape))
    q, r = np.linalg.qr(rng.standard_normal(tall))
    q *= np.sign(np.diag(r))  # uniform over all such matrices
    return q if shape[0] >= shape[1] else q.T
