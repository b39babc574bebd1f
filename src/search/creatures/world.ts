// A body in the physics engine Rapier (its deterministic build; the only file that knows it): ground or water, joints with motors of
// bounded torque, the senses, and what is measured on the way. Nothing is scored here.
import RAPIER from '@dimforge/rapier2d-deterministic-compat';
import type { Brain } from './brain.ts';
import { brainStep } from './brain.ts';
import { cornersOf, type Part } from './body.ts';
import { senses } from './genotype.ts';
import { sine } from '../../math/turns.ts';

export type Medium = 'ground' | 'water';

export interface WorldOptions {
  readonly medium: Medium;
  /** Physics steps a step of the brain. */
  readonly substeps: number;
  /** N m of a joint for each m of the wider of its two parts. */
  readonly torque?: number;
}

/** What a body is like at a moment. */
export interface Moment {
  /** Centre of mass, in m. */
  readonly x: number;
  readonly y: number;
  /** Of the lowest corner, in m. */
  readonly lowest: number;
  /** Of the fastest part, m/s. */
  readonly speed: number;
  /** Kinetic and potential energy, in J, and what the motors can have done at most since the start. */
  readonly energy: number;
  readonly work: number;
}

export interface CreatureWorld {
  /** One step of the brain; without one the joints are held at rest. */
  step(brain: Brain | null): void;
  look(): Moment;
  /** x, y, turn of each part. */
  pose(): Float64Array;
  /** Gives the memory back. */
  free(): void;
}

const gravity = 9.81;
/** kg a square metre. */
const density = 100;
const usualTorque = 500;
/** rad from its target at which a motor does its utmost, and s of damping. */
const softness = 0.25;
const damping = 0.08;
/** N s a square metre: drag on a side that moves outwards. */
const viscosity = 150;
const touching = 0.015;
/** Collision groups: members, and what they meet. */
const [groundGroup, bodyGroup] = [0x0001_0002, 0x0002_0001];

let ready: Promise<void> | null = null;
/** Before the first world. */
export const openPhysics = (): Promise<void> => (ready ??= RAPIER.init());

export function creatureWorld(parts: readonly Part[], { medium, substeps, torque = usualTorque }: WorldOptions): CreatureWorld {
  const world = new RAPIER.World({ x: 0, y: medium === 'ground' ? -gravity : 0 });
  world.timestep = brainStep / substeps;
  if (medium === 'ground')
    world.createCollider(RAPIER.ColliderDesc.cuboid(1000, 5).setTranslation(0, -5).setFriction(1).setCollisionGroups(groundGroup));
  const floor = Math.min(...parts.flatMap((part) => cornersOf(part, part.x, part.y, part.turn).map(([, y]) => y)));
  // Every body starts unturned, with its box turned inside, so that joint angles start at 0.
  const bodies = parts.map(({ x, y, turn, width, length }) => {
    const body = world.createRigidBody(RAPIER.RigidBodyDesc.dynamic().setTranslation(x, y - floor + 0.005).setCanSleep(false));
    world.createCollider(RAPIER.ColliderDesc.cuboid(width, length).setRotation(turn).setDensity(density).setFriction(1).setRestitution(0).setCollisionGroups(bodyGroup), body);
    return body;
  });
  const masses = parts.map(({ width, length }) => 4 * width * length * density);
  const inertias = parts.map(({ width, length }, k) => (masses[k]! * (width * width + length * length)) / 3);
  const mass = masses.reduce((a, b) => a + b, 0);
  const joints = parts.map((part, k) => {
    if (part.parent < 0) return null;
    const parent = parts[part.parent]!;
    const anchor = ({ x, y }: Part): { x: number; y: number } => ({ x: part.joint.x - x, y: part.joint.y - y });
    const [low, high] = part.limits;
    const rigid = high - low < 0.02;
    if (rigid) {
      world.createImpulseJoint(RAPIER.JointData.fixed(anchor(parent), 0, anchor(part), 0), bodies[part.parent]!, bodies[k]!, true);
      return null;
    }
    const joint = world.createImpulseJoint(RAPIER.JointData.revolute(anchor(parent), anchor(part)), bodies[part.parent]!, bodies[k]!, true) as InstanceType<typeof RAPIER.RevoluteImpulseJoint>;
    const strongest = torque * 2 * Math.max(parent.width, part.width);
    joint.setLimits(low, high);
    joint.configureMotorModel(RAPIER.MotorModel.ForceBased);
    joint.setMotorMaxForce(strongest);
    return { joint, low, high, strongest, upper: bodies[part.parent]!, lower: bodies[k]!, stiffness: strongest / softness };
  });
  const sensed = new Float64Array(parts.length * senses);
  const targets = new Float64Array(parts.length);
  let work = 0;

  function cornersNow(k: number): ReturnType<typeof cornersOf> {
    const { x, y } = bodies[k]!.translation();
    return cornersOf(parts[k]!, x, y, bodies[k]!.rotation() + parts[k]!.turn);
  }
  function sense(): void {
    parts.forEach((part, k) => {
      const turn = bodies[k]!.rotation();
      const joint = joints[k];
      const side = part.mirrored ? -1 : 1;
      sensed[k * senses] = joint ? side * ((2 * (wrapped(turn - joint.upper.rotation()) - joint.low)) / (joint.high - joint.low) - 1) : 0;
      sensed[k * senses + 1] = medium === 'ground' && cornersNow(k).some(([, low]) => low < touching) ? 1 : -1;
      sensed[k * senses + 2] = sine(turn);
    });
  }
  /** Each side that moves outwards is pushed back, in proportion to its length and speed. */
  function drag(): void {
    bodies.forEach((body, k) => {
      const [at, velocity, spin] = [body.translation(), body.linvel(), body.angvel()];
      const corners = cornersNow(k);
      for (let side = 0; side < 4; side++) {
        const [[ax, ay], [bx, by]] = [corners[side]!, corners[(side + 1) % 4]!];
        const [mx, my] = [(ax + bx) / 2, (ay + by) / 2];
        const [dx, dy] = [bx - ax, by - ay];
        const long = Math.sqrt(dx * dx + dy * dy);
        const [nx, ny] = [dy / long, -dx / long];
        const outwards = (velocity.x - spin * (my - at.y)) * nx + (velocity.y + spin * (mx - at.x)) * ny;
        if (outwards <= 0) continue;
        const impulse = -viscosity * long * outwards * world.timestep;
        body.applyImpulseAtPoint({ x: impulse * nx, y: impulse * ny }, { x: mx, y: my }, true);
      }
    });
  }
  return {
    step(brain) {
      if (brain) {
        sense();
        brain.step(sensed, targets);
      }
      joints.forEach((each, k) => {
        if (!each) return;
        const { joint, low, high, stiffness } = each;
        const moved = brain !== null && Number.isFinite(targets[k]);
        const target = moved ? low + ((high - low) * (targets[k]! + 1)) / 2 : Math.min(high, Math.max(low, 0));
        joint.configureMotorPosition(target, stiffness, stiffness * damping);
      });
      for (let k = 0; k < substeps; k++) {
        if (medium === 'water') drag();
        world.step();
        for (const each of joints)
          if (each) work += each.strongest * Math.abs(each.upper.angvel() - each.lower.angvel()) * world.timestep;
      }
    },
    look() {
      let [x, y, lowest, speed, energy] = [0, 0, Infinity, 0, 0];
      bodies.forEach((body, k) => {
        const [at, velocity] = [body.translation(), body.linvel()];
        const square = velocity.x * velocity.x + velocity.y * velocity.y;
        x += (masses[k]! / mass) * at.x;
        y += (masses[k]! / mass) * at.y;
        speed = Math.max(speed, Math.sqrt(square));
        energy += (masses[k]! * square + inertias[k]! * body.angvel() ** 2) / 2 + (medium === 'ground' ? masses[k]! * gravity * at.y : 0);
        for (const [, low] of cornersNow(k)) lowest = Math.min(lowest, low);
        // A number that is none must not hide behind a comparison.
        if (Number.isNaN(square + at.x + at.y)) speed = NaN;
      });
      return { x, y, lowest, speed, energy, work };
    },
    pose: () => Float64Array.from(parts.flatMap((part, k) => [bodies[k]!.translation().x, bodies[k]!.translation().y, bodies[k]!.rotation() + part.turn])),
    free: () => world.free(),
  };
} // prettier-ignore

/** Into [-pi, pi]. */
const wrapped = (angle: number): number => angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
