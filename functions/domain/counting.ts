/** Whether a CloudWatch statistic is a trimmed count, such as TC(2990:): how many values lie within bounds, or beyond. */
export const isTrimmedCount = (statistic: string): boolean => /^TC\([^()]+\)$/.test(statistic);
