/** Made by `npm run -s graphql-schema`. */
export const descriptions: Readonly<Record<string, string>> = {};
