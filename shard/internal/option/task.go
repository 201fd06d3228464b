package option

// The headings of -h, in its order.
const (
	taskWorkers  = "Run on workers"
	taskShow     = "Choose what is shown"
	taskReports  = "Write reports"
	taskFailures = "Handle failures"
	taskNodes    = "Run in a CI, also on several nodes"
	taskAround   = "Others"
)

// tasks returns the headings of -h.
func tasks() []string {
	return []string{taskWorkers, taskShow, taskReports, taskFailures, taskNodes, taskAround}
}
