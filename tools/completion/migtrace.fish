# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion: asks migtrace itself, and fills in what only the shell knows.

# What virsh lists, where there is one that answers at once.
function __migtrace_virsh
    command -q virsh; and timeout 1 virsh --readonly --quiet list $argv 2>/dev/null | string match -r '\S.*'
end

function __migtrace_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l typed $words[-1]
    set -l kept ''
    if string match -q -- '--*=*' $typed
        set kept (string replace -r '=.*' '=' -- $typed)
        set typed (string replace -r '^[^=]*=' '' -- $typed)
    end
    for line in ($words[1] complete -- $words[2..-1] 2>/dev/null)
        switch $line
            case @file
                string replace -r '^' -- $kept (__fish_complete_path $typed)
            case @directory
                string replace -r '^' -- $kept (__fish_complete_directories $typed)
            case @domain
                string replace -r '^' -- $kept (__migtrace_virsh --name)
            case @uuid
                string replace -r '^' -- $kept (__migtrace_virsh --uuid)
            case @host
                set -l user (string match -r '.*@' -- $typed)
                string replace -r '^' -- "$kept$user" (__fish_print_hostnames)
            case '*'
                string replace -r '^' -- $kept $line
        end
    end
end

complete -c migtrace -f -a '(__migtrace_complete)'
