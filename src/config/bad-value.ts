/** Thrown by a setting's `parse`. Its words, if it has any, follow the variable's name; they never hold the value. */
export class BadValue extends Error {}
