// The settings of an Active Directory connection: those of LDAP, with an id that is no choice.
import { ldapConfigSchema } from '../ldap/config.ts';

/** `config` of a connection of type `active-directory`: only `url` cannot be guessed. */
export const directoryConfigSchema = ldapConfigSchema.superRefine((config, context) => {
  if (config.idAttribute === null || config.idAttribute.toLowerCase() === 'objectguid') return;
  context.addIssue({
    code: 'custom',
    path: ['idAttribute'],
    message: 'must be left out: the id of an object in Active Directory is its objectGUID',
  });
});
