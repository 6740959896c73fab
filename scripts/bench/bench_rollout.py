"""Cost of a traversal beyond its physics: wall time per step, compared with a bare stepSimulation loop.

The bare loop uses PyBullet alone. It sends the commands of the traversal by setJointMotorControlArray at every command
period, in its own world in the same process. The two alternate; the median of the pairs' ratios is printed. To check
that both did the same work, the bare robot must end where the traversal ended.
"""

import argparse
import json
import math
import statistics
import time

import numpy as np

import gaitopt
from gaitopt.hal.engine import engine_of
from gaitopt.hal.sim.placing import place_trunk
from gaitopt.hal.sim.pybullet_world import load_robot, make_soft, p
from gaitopt.hal.sim.servo import servo_model
from gaitopt.hal.sim.simulated_body import DROP, GRAVITY
from gaitopt.walk.traversal import SETTLE_S, traverse

SEED = 1


class Recorder:
    """A controller that writes down what it commands, and where the robot ended."""

    def __init__(self, controller: gaitopt.GaitController) -> None:
        self._controller = controller
        self.start_pose = controller.start_pose
        self.unreachable, self.saturated = controller.unreachable, controller.saturated
        self.commands: list[np.ndarray] = []

    def drive(self, body, first, count, state) -> None:
        block = self._controller.angles(first, count, state)
        self.commands += list(block)
        body.play(block, body.command_period)


class BareLoop:
    """The same robot, ground and commands, with nothing around them."""

    def __init__(self, robot, scenario, engine, pose, commands) -> None:
        conditions = scenario.sample(np.random.default_rng(SEED))
        self.client = p.connect(p.DIRECT)
        p.setGravity(0, 0, -GRAVITY, physicsClientId=self.client)
        p.setPhysicsEngineParameter(
            fixedTimeStep=engine.time_step_s,
            numSolverIterations=engine.solver_iterations,
            deterministicOverlappingPairs=1,
            physicsClientId=self.client,
        )
        ground = p.createMultiBody(
            0, p.createCollisionShape(p.GEOM_PLANE, physicsClientId=self.client), physicsClientId=self.client
        )
        self.body = load_robot(robot, scenario, self.client)
        joints = {
            p.getJointInfo(self.body, i, self.client)[1].decode(): i
            for i in range(p.getNumJoints(self.body, self.client))
        }
        self.joints = [joints[name] for name in robot.joint_names]
        make_soft(self.body, self.client)
        make_soft(ground, self.client)
        p.changeDynamics(ground, -1, lateralFriction=conditions.friction, physicsClientId=self.client)
        height, roll, pitch = place_trunk(robot, pose)
        inertial = p.getDynamicsInfo(self.body, -1, self.client)[3:5]
        turned = p.getQuaternionFromEuler([roll, pitch, conditions.start_heading])
        place = [-scenario.field.run_up_m, conditions.start_side, height + DROP]
        p.resetBasePositionAndOrientation(self.body, *p.multiplyTransforms(place, turned, *inertial), self.client)
        servos = servo_model(robot)
        for joint, angle, damping in zip(self.joints, pose, servos.back_emf, strict=True):
            p.resetJointState(self.body, joint, angle, physicsClientId=self.client)
            p.changeDynamics(self.body, joint, jointDamping=damping, physicsClientId=self.client)
        self.settle = round(SETTLE_S / engine.time_step_s)
        self.steps = round(robot.servo.command_period_s / engine.time_step_s)
        self.gains = [-math.expm1(-engine.time_step_s / servos.response)] * len(self.joints)
        self.torques = [robot.servo.stall_torque_nm * conditions.servo_strength] * len(self.joints)
        self.start = pose.tolist()
        late = round(robot.servo.delay_s / robot.servo.command_period_s)
        self.commands = [*[self.start] * late, *(angles.tolist() for angles in commands[: len(commands) - late])]
        self.fresh = p.saveState(physicsClientId=self.client)

    def run(self) -> None:
        p.restoreState(self.fresh, physicsClientId=self.client)
        self._send(self.start, self.settle)
        for angles in self.commands:
            self._send(angles, self.steps)

    def _send(self, angles, steps) -> None:
        p.setJointMotorControlArray(
            self.body,
            self.joints,
            p.POSITION_CONTROL,
            targetPositions=angles,
            forces=self.torques,
            positionGains=self.gains,
            physicsClientId=self.client,
        )
        for _ in range(steps):
            p.stepSimulation(self.client)

    def place(self) -> float:
        return p.getBasePositionAndOrientation(self.body, self.client)[0][0]


def measure(pairs: int, robot_name: str, gait_name: str) -> dict:
    robot, scenario = gaitopt.load_robot(robot_name), gaitopt.load_scenario("field")
    engine = engine_of(robot)
    gait = gaitopt.load_gait(gait_name, robot).parameters
    with gaitopt.make_body(robot, engine=engine) as body:
        recorder = Recorder(gaitopt.GaitController(gait, robot, scenario))
        traverse(body, recorder, scenario, SEED)
        end = p.getBasePositionAndOrientation(body._body, body._client)[0][0]
        bare = BareLoop(robot, scenario, engine, recorder.start_pose, recorder.commands)
        bare.run()
        if abs(bare.place() - end) > 1e-6:
            raise SystemExit(f"bench_rollout: the bare loop ended at {bare.place()} m, the traversal at {end} m")
        controller = gaitopt.GaitController(gait, robot, scenario)
        rows = [(_time(lambda: traverse(body, controller, scenario, SEED)), _time(bare.run)) for _ in range(pairs)]
    tables = statistics.median(_time(lambda: gaitopt.GaitController(gait, robot, scenario)) for _ in range(pairs))
    steps = bare.settle + len(bare.commands) * bare.steps
    walks, bares = zip(*rows, strict=True)
    return {
        "ratio": statistics.median(w / b for w, b in zip(walks, bares, strict=True)),
        "ratio_with_gait_tables": statistics.median((w + tables) / b for w, b in zip(walks, bares, strict=True)),
        "ratios": [w / b for w, b in zip(walks, bares, strict=True)],
        "traversal_us_per_step": statistics.median(walks) / steps * 1e6,
        "bare_us_per_step": statistics.median(bares) / steps * 1e6,
        "steps": steps,
        "pairs": pairs,
    }


def _time(work) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--robot", default="aibo-ers7")
    parser.add_argument("--gait", default="hand-tuned")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    result = measure(args.pairs, args.robot, args.gait)
    if args.json:
        print(json.dumps(result))
    else:
        print(f"traversal {result['traversal_us_per_step']:.1f} us a step, bare {result['bare_us_per_step']:.1f} us")
        print(f"ratio {result['ratio']:.3f} (median of {args.pairs} pairs)")
        print(f"with the gait's tables, made once for all repeats, {result['ratio_with_gait_tables']:.3f}")


if __name__ == "__main__":
    main()
