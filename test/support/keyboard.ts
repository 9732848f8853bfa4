import type { Locator, Page } from 'playwright-core';

const mostStops = 200;
/** Whether one sees where the keyboard is: the ring of `:focus-visible`. */
const isSeen = `(() => {
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  return document.activeElement === document.body || (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1);
})()`;
const whereItIs = `document.activeElement.outerHTML.slice(0, 200)`;

/** Somebody without a mouse. */
export class Keyboard {
  /** Where the keyboard was without that one could see it. */
  readonly unseen: string[] = [];

  constructor(private readonly page: Page) {}

  /** Presses Tab until the keyboard is there. @throws when it never comes there. */
  async tabTo(target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
    for (let stops = 0; stops < mostStops; stops++) {
      if (await this.isAt(target)) return;
      await this.press(key);
    }
    throw new Error(`${mostStops} times ${key} did not lead to ${String(target)}`);
  }

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) {
      await this.page.keyboard.press(key);
      if (!(await this.page.evaluate<boolean>(isSeen)))
        this.unseen.push(`${key}: ${await this.page.evaluate<string>(whereItIs)}`);
    }
  }

  type(text: string): Promise<void> {
    return this.page.keyboard.type(text);
  }

  isAt(target: Locator): Promise<boolean> {
    return target.evaluate((element) => element === element.ownerDocument.activeElement);
  }
}
