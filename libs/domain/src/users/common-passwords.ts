import { dictionary } from '@zxcvbn-ts/language-common';

/** The 49,000 passwords that leaks show most often, in lower case. */
const common: ReadonlySet<string> = new Set(dictionary['passwords-common']);

/** Whether a password, in whatever case and with whatever space around it, is among those that are tried first. */
export const isCommon = (password: string): boolean => common.has(password.trim().toLowerCase());
