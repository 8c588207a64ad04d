import sys

from dlgui.cli.main import main

sys.exit(main())
