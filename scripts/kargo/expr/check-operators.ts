import type { BinaryNode } from './ast.ts';
import { Fault } from './error.ts';
import { BOOL, DURATION, FLOAT, INT, STRING, TIME } from './go-type.ts';
import {
  arrayOfNature,
  type Check,
  elementOf,
  isArrayNature,
  isAssignable,
  isBool,
  isBytes,
  isComparable,
  isDuration,
  isInteger,
  isMapNature,
  isNumber,
  isString,
  isStruct,
  isTime,
  isUnknown,
  keyOf,
  mayFit,
  type Nature,
  NIL,
  natureOf,
  natureText,
  promoted,
  UNKNOWN,
} from './nature.ts';
import { compilePattern } from './pattern.ts';

/** What a binary operator gives for two natures (pointers already followed); throws Fault with Go's words. */
export function checkBinary(node: BinaryNode, l: Nature, r: Nature): Nature {
  const bool = natureOf(BOOL);
  const both = (...checks: Check[]) => checks.some((check) => check(l) && check(r));
  const pair = (left: Check, right: Check) => left(l) && right(r);
  switch (node.operator) {
    case '==':
    case '!=':
      if (isComparable(l, r)) return bool;
      break;
    case 'or':
    case '||':
    case 'and':
    case '&&':
      if (both(isBool) || mayFit(l, r, isBool)) return bool;
      break;
    case '<':
    case '>':
    case '>=':
    case '<=': {
      const ordered = [isNumber, isString, isTime, isDuration];
      if (both(...ordered) || mayFit(l, r, ...ordered)) return bool;
      break;
    }
    case '-':
      if (both(isNumber)) return promoted(l, r);
      if (both(isTime, isDuration)) return natureOf(DURATION);
      if (pair(isTime, isDuration)) return natureOf(TIME);
      if (mayFit(l, r, isNumber, isTime, isDuration)) return UNKNOWN;
      break;
    case '*':
      if (both(isNumber)) return promoted(l, r);
      if (pair(isNumber, isDuration) || pair(isDuration, isNumber) || both(isDuration)) {
        return natureOf(DURATION);
      }
      if (mayFit(l, r, isNumber, isDuration)) return UNKNOWN;
      break;
    case '/':
    case '**':
    case '^':
      if (both(isNumber) || mayFit(l, r, isNumber)) return natureOf(FLOAT);
      break;
    case '%':
      if (both(isInteger) || mayFit(l, r, isInteger)) return natureOf(INT);
      break;
    case '+':
      if (both(isNumber)) return promoted(l, r);
      if (both(isString)) return natureOf(STRING);
      if (pair(isTime, isDuration) || pair(isDuration, isTime)) return natureOf(TIME);
      if (both(isDuration)) return natureOf(DURATION);
      if (mayFit(l, r, isNumber, isString, isTime, isDuration)) return UNKNOWN;
      break;
    case 'in':
      if (checkIn(l, r)) return bool;
      break;
    case 'matches':
      if (node.right.kind === 'string') compilePattern(node.right.value);
      if (((isString(l) || isBytes(l)) && isString(r)) || mayFit(l, r, isString)) return bool;
      break;
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      if (both(isString) || mayFit(l, r, isString)) return bool;
      break;
    case '..':
      if (both(isInteger) || mayFit(l, r, isInteger)) return arrayOfNature(natureOf(INT));
      break;
    case '??':
      if (l.nil === true) return r.nil === true ? NIL : r;
      return r.nil === true || isAssignable(r, l) ? l : UNKNOWN;
    default:
      throw new Fault(`unknown operator (${node.operator})`);
  }
  throw new Fault(
    `invalid operation: ${node.operator} (mismatched types ${natureText(l)} and ${natureText(r)})`,
  );
}

function checkIn(l: Nature, r: Nature): boolean {
  if ((isString(l) || isUnknown(l)) && isStruct(r)) return true;
  if (isMapNature(r)) {
    const key = keyOf(r);
    if (!isUnknown(l) && !isAssignable(l, key)) {
      throw new Fault(`cannot use ${natureText(l)} as type ${natureText(key)} in map key`);
    }
    return true;
  }
  if (isArrayNature(r)) {
    const element = elementOf(r);
    if (!isComparable(l, element)) {
      throw new Fault(`cannot use ${natureText(l)} as type ${natureText(element)} in array`);
    }
    return true;
  }
  return isUnknown(r) || (isUnknown(l) && isString(r));
}

/** What a unary operator gives. */
export function checkUnary(operator: string, nature: Nature): Nature {
  if (operator === '!' || operator === 'not') {
    if (isBool(nature) || isUnknown(nature)) return natureOf(BOOL);
  } else {
    if (isNumber(nature)) return nature;
    if (isUnknown(nature)) return UNKNOWN;
  }
  throw new Fault(`invalid operation: ${operator} (mismatched type ${natureText(nature)})`);
}
