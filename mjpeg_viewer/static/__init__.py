"""What the browser loads besides the pages: style and script."""
