import type { ModuleStatus, WebhookView } from '../../src/control/terms/views.js';
import type { RouteStatus } from '../../src/operate/route-views.js';
import { get } from './api.js';
import { pathOf } from './paths.js';
import { planBasisOf } from './plan-basis.js';
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
  /** Where it is to be. */
  wish: string;
  /** What a plan is made by. With another one it is to be asked anew what a verb would do. */
  state: string;
  /** Asks how it stands by now. */
  look: () => Promise<Subject>;
}

export const moduleSubject = (status: ModuleStatus): Subject => {
  const { module, percent, wanted } = status;
  const path = pathOf(module);
  return {
    name: module,
    path,
    isFiled: wanted.by === 'file',
    share: { now: percent, wanted: wanted.percent },
    inForce: {
      ramp: rampOf(status),
      bake: settingOf(status, 'bake'),
      minSamples: settingOf(status, 'gates.minSamples'),
    },
    wish: JSON.stringify(wanted),
    state: planBasisOf(status),
    look: async () => moduleSubject(await get<ModuleStatus>(path)),
  };
};

export const routeSubject = (status: RouteStatus): Subject => {
  const { route, percent, wanted, steeredBy, ramp = [], paused } = status;
  const path = `routes/${encodeURIComponent(route)}`;
  return {
    name: route,
    path,
    isFiled: steeredBy !== null,
    share: { now: percent, wanted: wanted.percent === percent ? null : wanted.percent },
    inForce: { ...noSettings, ramp },
    wish: JSON.stringify(wanted),
    state: JSON.stringify([percent, wanted, paused, steeredBy]),
    look: async () => routeSubject(await get<RouteStatus>(path)),
  };
};

/** Whatever has become of it meanwhile, it is called again. */
export const webhookSubject = (status: WebhookView): Subject => {
  const { name, state, waiting, failed } = status;
  const subject: Subject = {
    name,
    path: `webhooks/${encodeURIComponent(name)}`,
    isFiled: false,
    share: { now: 0, wanted: null },
    inForce: noSettings,
    wish: '',
    state: JSON.stringify([state, waiting, failed]),
    look: () => Promise.resolve(subject),
  };
  return subject;
};

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
