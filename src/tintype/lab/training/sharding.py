"""Fully sharded training (Rajbhandari et al. 2020, ZeRO; PyTorch's fully_shard): each process keeps
a part of what it trains.

A network is sharded as one unit: its parameters are gathered when it is called; its gradients and
its optimizer's state stay in parts. What is saved and averaged is whole, so that a run can go on
with any number of devices.
"""

from typing import Any

import torch
from lightning.fabric.strategies.model_parallel import ModelParallelStrategy
from torch import Tensor, distributed, nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.optim import Optimizer
from torch.utils._pytree import tree_map


def sharded(devices: int) -> ModelParallelStrategy:
    """The strategy `fsdp`, on GPUs or on CPU processes."""
    return ModelParallelStrategy(_shard, data_parallel_size=devices, tensor_parallel_size=1)


def _shard(network: nn.Module, mesh: DeviceMesh) -> nn.Module:
    # fully_shard takes no other
    network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    fully_shard(network, mesh=mesh["data_parallel"])
    return network


def whole(state: Any) -> Any:
    """A nested state with all its parts gathered on each process: all must call this at the same
    time."""
    return tree_map(
        lambda value: value.full_tensor() if isinstance(value, DTensor) else value, state
    )


def average_gradients(network: nn.Module) -> None:
    """For a network that each process holds whole beside the sharded one, as a discriminator."""
    for parameter in network.parameters():
        if parameter.grad is not None:
            distributed.all_reduce(parameter.grad)
            parameter.grad /= distributed.get_world_size()


def restore_optimizer(optimizer: Optimizer, state: dict[str, Any]) -> None:
    """Load a whole state into an optimizer of whole or of sharded parameters."""
    optimizer.load_state_dict(state)
    for parameter, kept in optimizer.state.items():
        if isinstance(parameter, DTensor):
            for name, value in kept.items():
                if isinstance(value, Tensor) and value.shape == parameter.shape:
                    kept[name] = distribute_tensor(
                        value, parameter.device_mesh, parameter.placements
                    )
