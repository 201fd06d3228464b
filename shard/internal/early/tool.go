package early

// ToolWord is the first argument of the program for -toolexec. It cannot be a package, because of
// the colon. The folder for linked programs and its size come next, then the words of the tool.
const ToolWord = "toolexec:link"

const firstToolWord = 3

// IsTool reports whether args, without the program's name, are those of -toolexec and a tool.
func IsTool(args []string) bool { return len(args) > firstToolWord && args[0] == ToolWord }
