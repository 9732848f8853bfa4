import { useState } from 'preact/hooks';

/** A command line that a click copies. */
export function Copied({ text }: { text: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
  };
  return (
    <p class="command">
      <code>{text}</code>
      <button type="button" class="small" onClick={() => void copy()}>
        {done ? 'copied' : 'copy'}
      </button>
    </p>
  );
}
