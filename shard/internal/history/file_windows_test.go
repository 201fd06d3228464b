package history

func limitFileSize(string) {}
