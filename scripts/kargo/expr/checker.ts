import type {
  ArrayNode,
  BuiltinNode,
  CallNode,
  ConditionalNode,
  IdentifierNode,
  LetNode,
  Node,
} from './ast.ts';
import { isBuiltin } from './builtin-names.ts';
import { BUILTIN_TYPES, UNTYPED_FUNCTION, VALIDATORS } from './builtin-types.ts';
import { checkArguments } from './check-arguments.ts';
import { checkGet, checkMember, checkSlice } from './check-members.ts';
import { checkBinary, checkUnary } from './check-operators.ts';
import { checkPredicateBuiltin } from './check-predicates.ts';
import { ExprError, Fault } from './error.ts';
import {
  ANY,
  ANY_ARRAY,
  BOOL,
  BYTES,
  FLOAT,
  funcType,
  type GoType,
  goType,
  INT,
  STRING,
  STRING_MAP,
} from './go-type.ts';
import type { FunctionTable } from './host.ts';
import { MAX_DEPTH } from './limits.ts';
import {
  arrayOfNature,
  dereference,
  elementOf,
  isArrayNature,
  isAssignable,
  isBool,
  isFunction,
  isUnknown,
  type Nature,
  NIL,
  natureOf,
  natureText,
  UNKNOWN,
} from './nature.ts';

/** What `#`, `#index` and `#acc` are inside a predicate. */
export interface PredicateScope {
  readonly collection: Nature;
  readonly variables: ReadonlyMap<string, Nature>;
}

/**
 * Checks the types that are known before the program runs and writes them into the tree. Throws the ExprError of
 * stage `compile` that expr-lang would give.
 */
export class Checker {
  readonly #source: string;
  readonly #functions: FunctionTable;
  readonly #predicates: PredicateScope[] = [];
  readonly #variables: { readonly name: string; readonly nature: Nature }[] = [];
  #depth = 0;

  constructor(source: string, functions: FunctionTable) {
    this.#source = source;
    this.#functions = functions;
  }

  visit(node: Node): Nature {
    if (this.#depth >= MAX_DEPTH) {
      this.fail(node, `expression nests deeper than ${MAX_DEPTH} levels`);
    }
    this.#depth++;
    const nature = this.#nature(node);
    this.#depth--;
    node.nature = nature;
    return nature;
  }

  /** Visits a part in which `#` stands for the elements of a collection. */
  visitPredicate(node: Node, scope: PredicateScope): Nature {
    this.#predicates.push(scope);
    const nature = this.visit(node);
    this.#predicates.pop();
    return nature;
  }

  errorAt(node: Node, message: string): ExprError {
    return new ExprError('compile', message, this.#source, node.from);
  }

  fail(node: Node, message: string): never {
    throw this.errorAt(node, message);
  }

  /** Runs a rule that knows no places and gives its complaint the place of a node. */
  at<T>(node: Node, rule: () => T): T {
    try {
      return rule();
    } catch (error) {
      if (error instanceof Fault) this.fail(node, error.message);
      throw error;
    }
  }

  #nature(node: Node): Nature {
    switch (node.kind) {
      case 'nil':
        return NIL;
      case 'integer':
        return natureOf(INT);
      case 'float':
        return natureOf(FLOAT);
      case 'bool':
        return natureOf(BOOL);
      case 'string':
        return natureOf(STRING);
      case 'bytes':
        return natureOf(BYTES);
      case 'identifier':
        return this.#identifier(node);
      case 'unary': {
        const operand = dereference(this.visit(node.operand));
        return this.at(node, () => checkUnary(node.operator, operand));
      }
      case 'binary': {
        const left = dereference(this.visit(node.left));
        const right = dereference(this.visit(node.right));
        return this.at(node, () => checkBinary(node, left, right));
      }
      case 'chain':
        return this.visit(node.body);
      case 'member':
        return checkMember(this, node);
      case 'slice':
        return checkSlice(this, node);
      case 'call':
        return this.#call(node);
      case 'builtin':
        return this.#builtin(node);
      case 'predicate':
        return this.#predicate(this.visit(node.body));
      case 'pointer':
        return this.#pointer(node, node.name);
      case 'let':
        return this.#let(node);
      case 'sequence':
        return node.nodes.reduce<Nature>((_, part) => this.visit(part), UNKNOWN);
      case 'conditional':
        return this.#conditional(node);
      case 'array':
        return this.#array(node);
      case 'map':
        for (const pair of node.pairs) this.visit(pair);
        return natureOf(STRING_MAP);
      case 'pair':
        this.visit(node.key);
        this.visit(node.value);
        return NIL;
      case 'constant':
      case 'lookup':
        return UNKNOWN;
    }
  }

  #identifier(node: IdentifierNode): Nature {
    const variable = this.#variables.findLast(({ name }) => name === node.name);
    if (variable !== undefined) return variable.nature;
    if (node.name === '$env') return UNKNOWN;
    const type = this.#functionTypes(node.name)?.[0];
    return type === undefined ? UNKNOWN : { type, callable: node.name };
  }

  /** Go types of a function of the host or of a builtin; undefined for any other name. */
  #functionTypes(name: string): readonly GoType[] | undefined {
    if (Object.hasOwn(this.#functions, name)) {
      const types = this.#functions[name]?.types ?? [];
      return types.length === 0 ? [UNTYPED_FUNCTION] : types.map(goType);
    }
    if (!isBuiltin(name)) return undefined;
    return BUILTIN_TYPES[name] ?? [UNTYPED_FUNCTION];
  }

  #call(node: CallNode): Nature {
    const { callee } = node;
    if (callee.kind === 'identifier' && callee.name === '$env') {
      this.fail(node, 'unknown is not callable');
    }
    // The same call can stand twice in a chain of comparisons; what was found the first time holds.
    const known = node.nature;
    if (known?.type !== undefined && known.type !== ANY) return known;
    const nature = this.visit(callee);
    if (isUnknown(nature)) return UNKNOWN;
    if (nature.callable !== undefined) return this.#function(nature.callable, node, node.args);
    let name = 'function';
    if (callee.kind === 'identifier') name = callee.name;
    if (callee.kind === 'member' && callee.property.kind === 'string') {
      name = callee.property.value;
    }
    if (nature.nil === true) this.fail(node, `${name} is nil; cannot call nil as function`);
    if (!isFunction(nature)) this.fail(node, `${natureText(nature)} is not callable`);
    const { result, error } = checkArguments(this, name, nature, node, node.args);
    if (error !== undefined) throw error;
    return result;
  }

  #builtin(node: BuiltinNode): Nature {
    const nature = checkPredicateBuiltin(this, node);
    if (nature !== undefined) return nature;
    return node.name === 'get' ? checkGet(this, node) : this.#function(node.name, node, node.args);
  }

  /** A call of a function that is known by name: each overload is tried, the last complaint is reported. */
  #function(name: string, node: Node, args: Node[]): Nature {
    const validator =
      Object.hasOwn(this.#functions, name) && node.kind === 'call' ? undefined : VALIDATORS[name];
    if (validator !== undefined) {
      const types = args.map((arg) => {
        const nature = this.visit(arg);
        return isUnknown(nature) ? ANY : nature.type;
      });
      return natureOf(this.at(node, () => validator(types)));
    }
    let complaint: ExprError | undefined;
    for (const type of this.#functionTypes(name) ?? []) {
      const { result, error } = checkArguments(this, name, natureOf(type), node, args);
      if (error === undefined) return result;
      complaint = error;
    }
    throw complaint ?? this.errorAt(node, `unknown builtin ${name}`);
  }

  #predicate(result: Nature): Nature {
    const results = isUnknown(result) ? [ANY] : result.type === undefined ? [] : [result.type];
    return { type: funcType([ANY], results), inner: result };
  }

  #pointer(node: Node, name: string): Nature {
    const scope = this.#predicates.at(-1);
    if (scope === undefined) this.fail(node, 'cannot use pointer accessor outside predicate');
    if (name === '') return isUnknown(scope.collection) ? UNKNOWN : elementOf(scope.collection);
    return scope.variables.get(name) ?? this.fail(node, `unknown pointer #${name}`);
  }

  #let(node: LetNode): Nature {
    const { name } = node;
    if (Object.hasOwn(this.#functions, name)) this.fail(node, `cannot redeclare function ${name}`);
    if (isBuiltin(name)) this.fail(node, `cannot redeclare builtin ${name}`);
    if (this.#variables.some((variable) => variable.name === name)) {
      this.fail(node, `cannot redeclare variable ${name}`);
    }
    const nature = this.visit(node.value);
    this.#variables.push({ name, nature });
    const body = this.visit(node.body);
    this.#variables.pop();
    return body;
  }

  #conditional(node: ConditionalNode): Nature {
    const condition = dereference(this.visit(node.condition));
    if (!isBool(condition) && !isUnknown(condition)) {
      this.fail(
        node.condition,
        `non-bool expression (type ${natureText(condition)}) used as condition`,
      );
    }
    const yes = this.visit(node.yes);
    const no = this.visit(node.no);
    if (yes.nil === true) return no.nil === true ? NIL : no;
    if (no.nil === true) return yes;
    if (!isAssignable(yes, no)) return UNKNOWN;
    if (isArrayNature(yes) && isArrayNature(no)) {
      const [a, b] = [elementOf(yes), elementOf(no)];
      if (!isAssignable(a, b) || !isAssignable(b, a)) return natureOf(ANY_ARRAY);
    }
    return yes;
  }

  #array(node: ArrayNode): Nature {
    const natures = node.nodes.map((element) => this.visit(element));
    const same = natures.every(
      ({ type }, i) => i === 0 || type?.kind === natures[i - 1]?.type?.kind,
    );
    return same ? arrayOfNature(natures.at(-1) ?? UNKNOWN) : natureOf(ANY_ARRAY);
  }
}
