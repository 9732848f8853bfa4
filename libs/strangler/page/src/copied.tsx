import { useState } from 'preact/hooks';

/** A command line that a click copies. */
export function Copied({ text }: { text: string }) {
  const [copied, setCopied] = useState<{ text: string; how: 'copied' | 'cannot copy' } | null>(null);
  const copy = async () => {
    // Beyond HTTPS and this machine a browser has no clipboard for a page.
    const isCopied = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    setCopied({ text, how: isCopied ? 'copied' : 'cannot copy' });
  };
  return (
    <p class="command">
      <code>{text}</code>
      <button type="button" class="small" onClick={() => void copy()}>
        {copied?.text === text ? copied.how : 'copy'}
      </button>
    </p>
  );
}
