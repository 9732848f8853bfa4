import type { ModuleStatus } from '../../src/control/terms/views.js';
import type { Tab } from './module-tabs.js';
import type { Target } from './palette.js';
import { settingInWords } from './setting-words.js';
import { pause, rare, resume, rollback, steps, type VerbButton } from './verb-buttons.js';

/** What the palette finds of the modules: for who may not act, no verbs. Pure. */
export function targetsOf(
  modules: readonly ModuleStatus[],
  {
    choose,
    begin,
    setTab,
    tabs,
    mayAct,
  }: {
    choose: (module: string) => void;
    begin: (module: string) => (verbButton: VerbButton) => void;
    setTab: (tab: Tab) => void;
    tabs: readonly Tab[];
    mayAct: boolean;
  },
): Target[] {
  const verbs = mayAct ? [...steps, pause, resume, rollback, ...rare] : [];
  return modules.flatMap(({ module, settings }) => {
    const show = (tab: Tab) => () => {
      choose(module);
      setTab(tab);
    };
    return [
      { text: module, go: () => choose(module) },
      ...verbs.map((verbButton) => ({
        text: `${module}: ${verbButton.label}`,
        go: () => begin(module)(verbButton),
      })),
      ...tabs.map((tab) => ({ text: `${module}: ${tab}`, go: show(tab) })),
      ...settings.map((setting) => ({
        text: `${module}: ${settingInWords(setting)}`,
        go: show('Gates'),
      })),
    ];
  });
}
