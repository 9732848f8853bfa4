import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';
import { headingsIn, type ShippedDocument } from './src/documents.js';

const docs = new URL('../../../docs/', import.meta.url);

/** The documents, as plain text beside the page, and what its palette finds in them. */
const documents = (): Plugin => ({
  name: 'documents',
  generateBundle() {
    const index = readdirSync(docs)
      .filter((name) => name.endsWith('.md'))
      .map((file): ShippedDocument => {
        const source = readFileSync(new URL(file, docs), 'utf8');
        this.emitFile({ type: 'asset', fileName: `documents/${file}`, source });
        return { file, headings: headingsIn(source) };
      });
    this.emitFile({ type: 'asset', fileName: 'documents/index.json', source: JSON.stringify(index) });
  },
});

export default defineConfig({
  plugins: [documents()],
  base: './',
  // The policy of the listener lets in files of this origin, and nothing that is written into the page.
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
});
