import { IsString } from 'class-validator';
import { contract, Id, Masked, query, self } from 'nestjs-strangler/contract';

export class ById {
  @Id() id: string;
}

export class Profile {
  @Masked() @IsString() name: string;
  @Masked() @IsString() email: string;
}

/** Who somebody is. Its routing key is the account. */
export const account = contract('account', {
  ownership: 'by-key',
  operations: {
    profile: query({
      who: self(({ id }: ById) => id),
      input: ById,
      output: Profile,
      errors: ['not_found'],
      key: 'id',
    }),
  },
});
