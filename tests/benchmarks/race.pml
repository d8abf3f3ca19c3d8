/* The race of race_programs.py as an abstract model, for Spin.

   One atomic step for each AWS call of the programs. Compile with -DENACTORS=2 or 3, and
   with -DLOCKED for enactors that work under a lock. Nothing of the programs themselves
   is in here: what a model leaves out, it cannot find. */

#ifndef ENACTORS
#define ENACTORS 2
#endif

bit address[4] = { 0, 1, 0, 0 };  /* the record set of a plan's address exists */
bit plan[4] = { 0, 1, 0, 0 };     /* the item of a plan exists */
byte latest = 1;
byte live = 1;                    /* the plan that the endpoint points at */
bit lock = 0;
byte ended = 0;

active proctype planner() {
    byte number = 2;
    do
    :: number <= 3 ->
        atomic { address[number] = 1 };
        atomic { plan[number] = 1 };
        atomic { latest = number; number++ }
    :: else -> break
    od;
    ended++
}

active [ENACTORS] proctype enactor() {
    byte number, older;
    bit listed[4];
#ifdef LOCKED
    atomic {
        if
        :: lock -> goto end
        :: else -> lock = 1
        fi
    };
#endif
    atomic { number = latest };
    atomic {
        if
        :: !plan[number] -> goto release
        :: else
        fi
    };
    atomic {
        if
        :: live >= number -> goto release
        :: else
        fi
    };
    atomic { live = number };
    atomic {
        older = 1;
        do
        :: older < 4 -> listed[older] = plan[older]; older++
        :: else -> break
        od;
        older = 1
    };
    do
    :: older < number && listed[older] ->
        atomic { address[older] = 0 };
        atomic { plan[older] = 0; older++ }
    :: older < number && !listed[older] -> older++
    :: older >= number -> break
    od;
release:
#ifdef LOCKED
    atomic { lock = 0 };
#endif
end:
    ended++
}

active proctype whole() {
    atomic {
        ended == ENACTORS + 1;
        assert(address[live])
    }
}
