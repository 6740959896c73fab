"""gaitopt: teach a four-legged robot to walk faster."""

__version__ = "0.1.0"
