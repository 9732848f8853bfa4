import { headingsIn, placesIn } from './documents.js';

it('takes a line of code for no heading', () => {
  const text = '# Title\n\nwords\n\n## A part\n\n```sh\n# a comment\n```\n\n### Its part\n';
  expect(headingsIn(text)).toEqual(['Title', 'A part', 'Its part']);
});

it('leads to the document, and to each part of it', () => {
  expect(placesIn({ file: 'runbook.md', headings: ['Runbook', 'Dual-write'] })).toEqual([
    { text: 'Read: Runbook', path: 'documents/runbook.md' },
    { text: 'Read: Runbook: Dual-write', path: 'documents/runbook.md#:~:text=%23%20Dual%2Dwrite' },
  ]);
  expect(placesIn({ file: 'bare.md', headings: [] })).toEqual([
    { text: 'Read: bare.md', path: 'documents/bare.md' },
  ]);
});
