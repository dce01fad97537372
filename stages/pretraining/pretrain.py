"""Supervised training on demonstrations (AlphaTensor, Methods, «Synthetic demonstrations»)."""

from __future__ import annotations

from dataclasses import astuple
from functools import partial

import jax

from stages.contract.command import Stopwatch
from stages.contract.progress import Progress
from stages.contract.resume import Resume
from stages.contract.rows.curves import PretrainingCurveRow
from stages.contract.streams import Stream
from stages.learning import spans
from stages.learning.checkpoint import pack, unpack
from stages.learning.demonstrations import DemonstrationReader
from stages.learning.devices import everywhere
from stages.learning.train import Batch, TrainState, make_optimiser, mean_losses, train_steps
from stages.network.agent import fresh
from stages.params.agents import Agent, SpanAgent


def pretrain(
    agent: Agent,
    reader: DemonstrationReader,
    resume: Resume,
    stopwatch: Stopwatch,
    label: str,
) -> tuple[TrainState, list[PretrainingCurveRow]]:
    """Trains a fresh network; returns it with Adam's state, and the rows of its curve (means since the row before)."""
    settings = agent.pretraining
    init_key, train_key = jax.random.split(jax.random.fold_in(jax.random.key(agent.seed), Stream.PRETRAINING))
    is_in_spans = isinstance(agent, SpanAgent)
    optimiser = make_optimiser(settings.optimiser, None if is_in_spans else max(1, settings.steps))
    network = fresh(agent, init_key)
    state, step, curve = TrainState(network, optimiser.init(network)), 0, []
    if saved := resume.load():
        state, notes = unpack(saved, state)
        step, curve = notes["step"], [PretrainingCurveRow(*row) for row in notes["curve"]]
        stopwatch.add(notes["cpu_s"], notes["wall_s"])
    state = everywhere(state)

    progress = Progress(label, settings.steps, "steps", done=step)
    batch = settings.optimiser.batch
    while step < settings.steps:
        steps = min(settings.report_every, settings.steps - step)
        key = jax.random.fold_in(train_key, step)
        if is_in_spans:
            demonstrations = reader.take(step * spans.PER_STEP, (steps * spans.PER_STEP,))
            state, losses = spans.train_steps(state, demonstrations, steps, batch, key, optimiser)
        else:
            demonstrations = reader.take(step * batch, (steps, batch))
            state, losses = train_steps(state, Batch(demonstrations), key, optimiser)
        step += steps
        means = mean_losses(losses, f"{label}, step {step}")
        curve.append(PretrainingCurveRow(step, means["policy"], means["value"]))
        if resume.is_due:
            clocks = {"cpu_s": stopwatch.cpu_s, "wall_s": stopwatch.wall_s}
            notes = {"step": step, "curve": [astuple(row) for row in curve], **clocks}
            resume.save(partial(pack, state, notes))
        progress.update(step, f"policy {means['policy']:.3f} nats, value {means['value']:.3f}")
    return state, curve
