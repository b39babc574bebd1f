// What `settle check` finds, as data. It measures nothing.
import type { Course, Order } from '../learn/gradientDescent.ts';
import type { Fall } from '../learn/lowerBound.ts';

/** One learned buffer. */
export interface GradientCheck {
  readonly buffer: string;
  /**
   * Finite differences against the exact gradient, relative (spiking models: over the largest of the entries looked at). Null
   * where a sample of buffers was looked at and not this one.
   */
  readonly finiteDifferenceError: number | null;
  /** Cosine of the rule's update with the direction of descent, over all entries, and the ratio of their lengths. */
  readonly cosine: number;
  readonly normRatio: number;
  /** ||update - descent|| / ||descent||; rate models. Null where there is no gradient but an update. */
  readonly relativeError?: number | null;
  /** Forward mode against the exact gradient along the same directions; null where it was not run. */
  readonly forwardModeError?: number | null;
}

/** Passes and multiply-adds of the cost's gradient by all learned numbers, each way. */
export interface Differentiation {
  /** What was differentiated: a pass, or so many steps of the network. */
  readonly of: string;
  readonly numbers: number;
  readonly value: number;
  readonly reverse: { readonly passes: number; readonly multiplyAdds: number };
  readonly forward: { readonly passes: number; readonly multiplyAdds: number };
  /** Its gradient against the network's own way of finding it, relative. */
  readonly error: number;
}

export interface CourseCheck {
  readonly beta: number;
  readonly estimator: 'one-sided' | 'symmetric';
  readonly layers: readonly Pick<Course, 'layer' | 'relativeError' | 'oppositeSigns'>[];
}

/** Of a network that settles. */
export interface SettlingCheck {
  /** Largest move of a state in a step: after the model's own free steps, and when it was held to be settled. */
  readonly movesAfterFreeSteps: number;
  readonly moves: number;
  /**
   * Where the energy falls without end; null: nowhere that was tried; 'unknown': it is not known in closed form; 'vector field':
   * projections of their own forth and back, so there is none.
   */
  readonly fall: Fall | null | 'unknown' | 'vector field';
  readonly orders: readonly Order[];
  readonly betas: readonly number[];
  readonly courses: readonly CourseCheck[];
  readonly steps: number;
  /** Relative error of the estimate as beta goes to 0 with the nudge inside and outside the activation; with `explain`. */
  readonly nudge: { readonly inside: number; readonly outside: number } | null;
}

export type Follows = 'the gradient' | 'the gradient as beta goes to 0' | 'the mean field' | 'no gradient';

export interface CheckResult {
  readonly schema: 'settle-check/1';
  readonly model: string;
  readonly rule: string;
  readonly backend: string;
  readonly units: number;
  readonly learnedNumbers: number;
  readonly trainExamples: number;
  readonly testExamples: number;
  readonly stepsPerExample: number;
  /** Training examples that were averaged over. */
  readonly examples: number;
  /** What the rule is expected to follow, and how the exact gradient was found. */
  readonly follows: Follows;
  readonly exact: string;
  readonly gradients: readonly GradientCheck[];
  /** Learned buffers with no gradient at these weights: nothing could be checked there. */
  readonly flat: readonly string[];
  readonly differentiation: Differentiation | null;
  readonly settling: SettlingCheck | null;
  /** Of a large network not everything is looked at: sentences that say what was; none otherwise. */
  readonly sampled: readonly string[];
  /** Sentences; none when passed. */
  readonly failures: readonly string[];
  readonly passed: boolean;
}
