# SPDX-License-Identifier: Apache-2.0
#
# Completion of openshell for fish. The program itself says what could stand where the cursor is.

function __openshell_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l option (string match -r -- '^--[^=]*=' $word)
    for line in (command openshell __complete $words[2..-1] "$word" 2>/dev/null)
        switch $line
            case ':files'
                printf '%s\n' "$option"(__fish_complete_path (string replace -- "$option" '' "$word"))
            case ':directories'
                printf '%s\n' "$option"(__fish_complete_directories (string replace -- "$option" '' "$word"))
            case '*'
                printf '%s\n' $line
        end
    end
end

complete -c openshell -f -a '(__openshell_complete)'
