import { defineConfig } from 'vite';

export default defineConfig({
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
