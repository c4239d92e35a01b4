"""What the figures were measured on."""
import os
import pathlib
import platform
import re
import subprocess


def output_of(*command):
    """The output, or nothing where the command is missing or fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def load():
    return "load average " + " ".join(f"{value:.1f}" for value in os.getloadavg())


def processor():
    found = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def memory():
    total = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())
    return f"{int(total[1]) / 2**20:.0f} GiB"


def libraries(binary):
    """The shared libraries a binary would load: name to path."""
    return {match[1]: match[2] for match in
            re.finditer(r"^\s*lib(\w+)\.so\S* => (\S+)", output_of("ldd", binary), re.MULTILINE)}


def describe(binary, data_dir):
    data_dir.mkdir(parents=True, exist_ok=True)
    about = {
        "machine": f"{os.cpu_count()} x {processor()}, {memory()}, Linux {platform.release()}",
        "file system": output_of("df", "--output=fstype,source", data_dir).splitlines()[-1].strip(),
        "compiler": output_of("g++-12", "--version").splitlines()[0],
        "commit": output_of("git", "-C", pathlib.Path(__file__).parent, "describe", "--always",
                            "--dirty"),
        "load at the start": load(),
    }
    linked = libraries(binary)
    described = output_of(binary, "--describe", f"--dir={data_dir}")
    for line in described.splitlines():
        store, _, text = line.partition("\t")
        library = next((path for name, path in linked.items() if name.startswith(store)), None)
        if library:
            asserts = "__assert_fail" in output_of("nm", "-D", "--undefined-only", library)
            text += f", {library}, assertions {'on' if asserts else 'off'}"
        about[store] = text
    for store in ("rocksdb", "leveldb", "lmdb", "sqlite"):
        about.setdefault(store, "absent")
    return about
