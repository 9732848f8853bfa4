/** What something waits for or lacks: in one sentence, and its parts, for whoever shows them in another way. */
export interface Need {
  /** Which of the sentences it is. A wait of another kind is another wait. */
  kind: string;
  needs: string;
  has: string;
  /** What to do, in words; `nothing to do`: it passes by itself. */
  todo: string;
  /** The command line that does it; null: there is none, or none is needed. */
  command: string | null;
  /** What is so, without what to do. */
  fact: string;
  sentence: string;
}

/** What a sentence is made of. `fact` where "needs …, has …" would say it worse. */
export interface NeedParts {
  needs: string;
  has: string;
  todo?: string;
  command?: string | null;
  fact?: string;
  sentence?: string;
}

const nothingToDo = 'nothing to do';

/** Puts a sentence together: what is needed, what is there, what to do. */
export function makeNeed(kind: string, parts: NeedParts): Need {
  const { needs, has, todo = nothingToDo, command = null } = parts;
  const { fact = `needs ${needs}, has ${has}` } = parts;
  const { sentence = `${fact}; ${todo}${command === null ? '' : `: ${command}`}` } = parts;
  return { kind, needs, has, todo, command, fact, sentence };
}

/** Whether it passes without anybody doing anything. */
export const passesByItself = ({ todo }: Pick<Need, 'todo'>): boolean => todo === nothingToDo;
