import type { ModuleStatus, WebhookView } from '../../src/control/terms/views.js';
import type { RouteStatus } from '../../src/operate/route-views.js';
import { parametersOf, type Answers } from './questions.js';
import type { VerbButton } from './verb-buttons.js';

/** What a verb is for, as far as its dialog has to know: a module, a route of the edge, a webhook. */
export interface Subject {
  name: string;
  /** Its path in the admin API. */
  path: string;
  /** `strangler.yaml` says where it is to be: its line is changed with it. */
  isFiled: boolean;
  /** In percent: where it is, and where it is to be; null: nobody says. */
  share: { now: number; wanted: number | null };
  /** Settings of its way; empty: not known, or it has none. `ramp`: the shares at which it stops. */
  inForce: { ramp: readonly number[]; bake: string; minSamples: string };
  /** Another one: what a verb would do is to be asked anew. */
  state: string;
}

export const moduleSubject = (status: ModuleStatus): Subject => {
  const { module, phase, percent, epoch, paused, transition, wanted } = status;
  return {
    name: module,
    path: `modules/${encodeURIComponent(module)}`,
    isFiled: wanted.by === 'file',
    share: { now: percent, wanted: wanted.percent },
    inForce: {
      ramp: rampOf(status),
      bake: settingOf(status, 'bake'),
      minSamples: settingOf(status, 'gates.minSamples'),
    },
    state: JSON.stringify([phase, percent, epoch, paused, transition?.action, wanted]),
  };
};

export const routeSubject = ({
  route,
  percent,
  wanted,
  steeredBy,
  ramp = [],
  paused,
}: RouteStatus): Subject => ({
  name: route,
  path: `routes/${encodeURIComponent(route)}`,
  isFiled: steeredBy !== null,
  share: { now: percent, wanted: wanted.percent === percent ? null : wanted.percent },
  inForce: { ...noSettings, ramp },
  state: JSON.stringify([percent, wanted, paused, steeredBy]),
});

export const webhookSubject = ({ name, state, waiting, failed }: WebhookView): Subject => ({
  name,
  path: `webhooks/${encodeURIComponent(name)}`,
  isFiled: false,
  share: { now: 0, wanted: null },
  inForce: noSettings,
  state: JSON.stringify([state, waiting, failed]),
});

const noSettings = { ramp: [], bake: '', minSamples: '' };

function settingOf({ settings }: ModuleStatus, wanted: string): string {
  const value = settings.find(({ key }) => key === wanted)?.value;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

const rampOf = ({ settings }: ModuleStatus): number[] => {
  const ramp = settings.find(({ key }) => key === 'ramp')?.value;
  return Array.isArray(ramp) ? ramp.filter((each): each is number => typeof each === 'number') : [];
};

/** The share that a slider begins at: where it is to be, else the next one of its ramp. */
export const offeredShare = ({ share: { now, wanted }, inForce: { ramp } }: Subject): number =>
  wanted ?? ramp.find((each) => each > now) ?? Math.round(now);

/** The body of a verb, without `dryRun`. */
export const bodyOf = (
  { name, isFiled }: Subject,
  { verb, parameters, steers }: VerbButton<string>,
  answers: Answers,
): object => ({
  ...parameters,
  ...parametersOf(answers),
  ...(steers && isFiled && { write: true }),
  ...(verb === 'decommission' && { confirm: name }),
});
