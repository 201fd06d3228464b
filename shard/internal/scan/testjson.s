// A function without a body, such as add, is only allowed in a package that has an assembly file.
