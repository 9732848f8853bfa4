import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { placeAfter } from './tab-keys.js';

/** Tabs and what the chosen one shows. The keyboard stops at the chosen one; arrows, Home and End lead to the others (ARIA's pattern). */
export function Tabs<Name extends string>({
  names,
  chosen,
  onChoose,
  children,
}: {
  names: readonly Name[];
  chosen: Name;
  onChoose: (name: Name) => void;
  children: ComponentChildren;
}) {
  const list = useRef<HTMLDivElement>(null);
  const onKey = (event: KeyboardEvent) => {
    const place = placeAfter(names.indexOf(chosen), event.key, names.length);
    if (place === null) return;
    event.preventDefault();
    onChoose(names[place]!);
    list.current?.querySelectorAll('button')[place]?.focus();
  };
  return (
    <>
      <div ref={list} class="tabs" role="tablist" aria-label="More of it" onKeyDown={onKey}>
        {names.map((name, place) => (
          <button
            key={name}
            id={`tab-${place}`}
            role="tab"
            type="button"
            aria-selected={name === chosen}
            aria-controls="tab-panel"
            tabIndex={name === chosen ? 0 : -1}
            onClick={() => onChoose(name)}
          >
            {name}
          </button>
        ))}
      </div>
      <div id="tab-panel" role="tabpanel" aria-labelledby={`tab-${names.indexOf(chosen)}`} tabIndex={0}>
        {children}
      </div>
    </>
  );
}
