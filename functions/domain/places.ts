/** The roles of a place. */

/**
 * The role that reads and probes, beside the one that a policy names: it has the same name with `-read` at its end.
 * Functions that neither move traffic nor publish code assume this one.
 */
export const readingRole = (roleArn: string) => `${roleArn}${READING}`;

const READING = "-read";

/** Longest name of a role of a policy: IAM's limit, less what the reading role's name is longer by. */
export const LONGEST_ROLE_NAME = 64 - READING.length;
