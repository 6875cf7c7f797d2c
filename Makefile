# 两条命令就够：make run 启动，make test 检查。  Two commands are enough: make run, make test.
# PORT=8001 换端口，对每个目标都有效。  PORT=8001 changes the port.

.DEFAULT_GOAL := help
.PHONY: help install run test tools lint types migrations check pytest faults faults-long fuzz bench words reference lock

# The .venv if it works, else the first Python that really runs: a shim may stand for a version that does not.
find_python = try() { "$$1" -c "import sys, $$2; sys.exit(sys.version_info < (3, 11))" >/dev/null 2>&1 && echo "$$1"; }; \
  try .venv/bin/python pip && exit; \
  for module in ensurepip sys; do \
    for name in python3.14 python3.13 python3.12 python3.11 python3; do try $$name $$module && exit; done; \
  done
PYTHON = $(shell $(find_python))
too_old = 需要 Python 3.11 或更新的版本，这台机器上没有。  Python 3.11 or newer is needed; none runs on this machine.
launch = @python='$(PYTHON)'; [ -n "$$python" ] || { echo '$(too_old)' >&2; exit 1; }; exec "$$python" -m wecomsite.launch

bin := .venv/bin
code := manage.py wecomsite wecom lostfound tests
# The settings that a fresh clone starts with, away from anybody's .env and database.
as_shipped := DJANGO_ENV_FILE=.env.example DJANGO_SECRET_KEY=only-for-make-test-0123456789-abcdefghijklmnopqrstuvwxyz \
  DATABASE_URL=sqlite://:memory:
# The settings of a production, as docs/production.md has them.
in_production := DJANGO_ENV_FILE=/dev/null DJANGO_DEBUG=off DJANGO_ALLOWED_HOSTS=lost.example.com \
  DJANGO_SECRET_KEY=only-for-make-test-0123456789-abcdefghijklmnopqrstuvwxyz \
  DJANGO_CSRF_TRUSTED_ORIGINS=https://lost.example.com SITE_URL=https://lost.example.com \
  WECOM_CORP_ID=ww5a6f0c1d2e3b4a59 WECOM_AGENT_ID=1000042 WECOM_SECRET=only-for-make-test \
  WECOM_CALLBACK_TOKEN=OnlyForMakeTest WECOM_ENCODING_AES_KEY=OnlyForMakeTest0123456789abcdefghijklmnopqr \
  DATABASE_URL=sqlite://:memory:
uv_lock = uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --custom-compile-command 'make lock'

help: ## 显示这个列表  show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

install: ## 准备环境、数据库和演示数据  set up .venv, .env, database and demo data
	$(launch) install

run: ## 启动网站和后台任务，Ctrl-C 停止  start the site and its worker, Ctrl-C stops both
	$(launch) run

test: tools lint types migrations check pytest ## 全部检查和测试  every check and test

tools: ## 安装开发工具  install the tools for test and lint
	$(launch) tools

lint: tools ## 代码与模板的写法  style of code and templates
	$(bin)/ruff check --quiet $(code)
	$(bin)/ruff format --check --quiet $(code)
	$(bin)/djlint --lint --quiet templates
	$(bin)/bandit --quiet --severity-level medium --configfile pyproject.toml --recursive manage.py wecomsite wecom lostfound

types: tools
	$(bin)/mypy $(code)

migrations: tools
	$(as_shipped) $(bin)/python manage.py makemigrations --check --dry-run

check: tools
	$(as_shipped) $(bin)/python manage.py check --fail-level WARNING
	$(in_production) $(bin)/python manage.py check --deploy --fail-level WARNING

pytest: tools
	$(bin)/pytest -n auto --maxprocesses 4

faults: tools ## 让它处处出错，再数有没有丢、有没有重（约 20 分钟）  make everything go wrong, then count what was lost or doubled
	$(bin)/python -m tests.faults

faults-long: tools ## 同上，并随机杀进程 5000 次，两种数据库各一半（约一个半小时）  the same with 5,000 kills, half of them on each database; about 1.5 hours
	$(bin)/python -m tests.faults --long

fuzz: tools ## 十万条变异的回调，接口和请求的长测（约半小时）  100,000 mutated callbacks, the API and lives of requests at length
	FUZZ_CALLBACKS=100000 SCHEMA_EXAMPLES=200 LIVES=60 $(bin)/pytest -n auto --maxprocesses 4 tests/badinput/test_fuzz.py tests/badinput/test_api_schema.py tests/lostfound/test_life.py

bench: tools ## 测速并写入 docs/benchmarks.md，约 15 分钟  measure, into docs/benchmarks.md; about 15 minutes
	$(bin)/python -m tests.bench --output docs/benchmarks.md

words: tools ## 收集词条并编译，然后在 locale/ 里翻译  collect and compile the words; translate them in locale/
	$(bin)/python manage.py makemessages -l zh_Hans -l en --ignore .venv --no-obsolete --no-location --no-wrap -v 0
	$(bin)/python manage.py compilemessages -v 0

reference: tools ## 由代码里的说明重写 docs/wecom/reference.md  write the reference anew from the docstrings
	$(bin)/python -m tests.reference

lock: ## 用 uv 重新锁定依赖；UPGRADE=--upgrade 取新版本  lock the requirements anew with uv
	$(uv_lock) -o requirements.txt requirements.in
	$(uv_lock) -c requirements.txt --group dev -o requirements-dev.txt
