import { useEffect, useRef, useState } from 'preact/hooks';
import { get } from './api.js';
import { placesIn, type ShippedDocument } from './documents.js';

/** Something that can be found and gone to. */
export interface Target {
  text: string;
  go: () => void;
}

const mostShown = 12;

/** Finds modules, verbs, settings and documents by what is typed. */
export function Palette({ targets, onClose }: { targets: readonly Target[]; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const [documents, setDocuments] = useState<readonly Target[]>([]);
  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    // Without them it still finds the rest.
    get<ShippedDocument[]>('documents/index.json').then(
      (list) =>
        setDocuments(
          list
            .flatMap(placesIn)
            .map(({ text, path }) => ({ text, go: () => open(path, '_blank', 'noopener') })),
        ),
      () => undefined,
    );
  }, []);
  const found = [...targets, ...documents].filter(({ text }) => fits(text, typed)).slice(0, mostShown);
  const choose = (target: Target | undefined) => {
    if (!target) return;
    dialog.current?.close();
    target.go();
  };
  const onKey = (event: KeyboardEvent) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move !== undefined && found.length > 0) {
      event.preventDefault();
      setAt((at + move + found.length) % found.length);
    }
  };
  return (
    <dialog ref={dialog} class="palette" onClose={onClose} aria-label="Find">
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          choose(found[at]);
        }}
      >
        <input
          autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls="found"
          aria-activedescendant={found.length > 0 ? `found-${at}` : undefined}
          aria-label="Module, verb, setting or document"
          value={typed}
          onKeyDown={onKey}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setAt(0);
          }}
        />
        <ul id="found" role="listbox">
          {found.map((target, place) => (
            <li
              key={target.text}
              id={`found-${place}`}
              role="option"
              aria-selected={place === at}
              onClick={() => choose(target)}
            >
              {target.text}
            </li>
          ))}
        </ul>
        {found.length === 0 && <p role="status">Nothing is called so.</p>}
      </form>
    </dialog>
  );
}

/** Each word that was typed stands in it. */
const fits = (text: string, typed: string): boolean =>
  typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.toLowerCase().includes(word));
